"""Two updates of the longest rows: what a training takes, measured before hours are spent.

Run in a child: `python -m understudy.training.trying`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import mlx.core as mx

from understudy.records import Record
from understudy.training.batches import Plan, Update, collate
from understudy.training.checkpointing import checkpointed
from understudy.training.layout import Call, call_width
from understudy.training.loop import Send
from understudy.training.run import set_up
from understudy.training.spec import TrainSpec


class Tried(Record):
    """What was measured."""

    peak_bytes: int
    """Weights included."""
    update_s: float
    """Seconds of the second update: the first one compiles."""
    updates: int
    """Of the whole training."""


def try_out(spec: TrainSpec, send: Send, stopping: Callable[[], bool]) -> Tried:
    """Train the update with the largest call twice, in the spec's folder.

    Raises:
        TrainingError: It cannot be trained like this.
        BaseModelError: The base cannot be loaded.
        DataError: The dataset cannot be read.
    """
    ready = set_up(spec, send, stopping)
    loop, stepper = ready.loop, ready.loop.stepper
    batches = [collate(call, loop.examples) for call in heaviest(loop.plan).groups]
    took = 0.0
    with checkpointed(ready.model, on=loop.settings.grad_checkpoint):
        for number in (1, 2):
            began = time.perf_counter()
            stepper.apply(stepper.gradient(batches, number), 0.0)
            took = time.perf_counter() - began
    return Tried(peak_bytes=mx.get_peak_memory(), update_s=took, updates=loop.plan.updates)


def heaviest(plan: Plan) -> Update:
    """The update of the first epoch that has the largest call."""
    first = (update for update in plan.after(0) if update.epoch == 0)
    return max(first, key=lambda update: max(_positions(one, plan) for one in update.groups))


def _positions(call: Call, plan: Plan) -> int:
    return len(call) * call_width(call, plan.lengths)


def main() -> None:
    """Entry point of the child."""
    from understudy.child import serve
    from understudy.training.turns import device_turn

    with serve() as channel:
        spec = TrainSpec.model_validate(channel.spec)
        with device_turn(spec.root, channel.send, lambda: channel.stopping):
            tried = try_out(spec, channel.send, lambda: channel.stopping)
        channel.send({"event": "done", **tried.model_dump(mode="json")})


if __name__ == "__main__":
    main()
