"""A training that stops at an update, to go on from there another time: a sweep's trial.

Run in a child: `python -m understudy.training.rung`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from understudy.errors import TrainingError
from understudy.records import Record
from understudy.training.loop import Finished, Send
from understudy.training.run import train
from understudy.training.spec import TrainSpec
from understudy.training.turns import device_turn


class RungSpec(Record):
    """What the child is asked to do."""

    train: TrainSpec
    until: int
    """Update after which it stops."""


def train_until(spec: RungSpec, send: Send, stopping: Callable[[], bool]) -> Finished | None:
    """Train to an update, from the trial's checkpoint where there is one.

    Returns:
        How it ended, or None where it diverged: then there is nothing to go on with.
    """
    at = 0

    def count(event: dict[str, Any]) -> None:
        nonlocal at
        at = event["update"] if event["event"] == "update" else at
        send(event)

    try:
        return train(spec.train, count, lambda: at >= spec.until or stopping())
    except TrainingError as error:
        if at == 0:  # it never began: no matter of the settings that are swept
            raise
        send({"event": "diverged", "message": str(error)})
        return None


def main() -> None:
    """Entry point of the child."""
    from understudy.child import serve

    with serve() as channel:
        spec = RungSpec.model_validate(channel.spec)
        with device_turn(spec.train.root, channel.send, lambda: channel.stopping):
            finished = train_until(spec, channel.send, lambda: channel.stopping)
        ended = finished.model_dump(mode="json") if finished else {"ending": "diverged"}
        channel.send({"event": "done", **ended})


if __name__ == "__main__":
    main()
