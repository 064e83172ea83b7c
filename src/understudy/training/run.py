"""One training from its files to its files. Run in a child: `python -m understudy.training.run`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import mlx.core as mx

from understudy.artifacts import read_json, write_bytes, write_json
from understudy.canaries import Canary, canaries_of
from understudy.errors import TrainingError
from understudy.settings import TrainSettings
from understudy.training import metadata
from understudy.training.adapters import ADAPTER, Effective, adapter_config, prepare
from understudy.training.batches import Batch, Example, Plan, collate, ends_learned
from understudy.training.chat import ChatFormat
from understudy.training.checkpointing import checkpointed
from understudy.training.choosing import Choice, choose
from understudy.training.curve import loss_curve
from understudy.training.dataset import read_rows, tokenise, training_rows
from understudy.training.fitting import Fit, fit, largest_call
from understudy.training.footprint import Largest
from understudy.training.heads import find_head
from understudy.training.layout import Kind, Layout
from understudy.training.loading import loading
from understudy.training.loop import Finished, Loop, Send
from understudy.training.loss import Objective
from understudy.training.metrics import MetricsLog
from understudy.training.packing import can_pack
from understudy.training.room import room_of_device
from understudy.training.runs import CHECKPOINT
from understudy.training.spec import Begun, TrainSpec
from understudy.training.step import Stepper, device_layout
from understudy.training.turns import device_turn
from understudy.training.validation import validation_batches

METADATA = "run_metadata.json"
CURVE = "loss_curve.png"


@dataclass(frozen=True)
class Ready:
    """A training that is checked and set up, and has not begun."""

    model: Any
    loop: Loop
    describe: Callable[[Finished | None], dict[str, Any]]
    """Gives `run_metadata.json`, without an end or with one."""


def train(spec: TrainSpec, send: Send, stopping: Callable[[], bool]) -> Finished:
    """Train one adapter, going on from the run's checkpoint where there is one.

    Raises:
        TrainingError: See `Loop.run`; or the adapter changes nothing.
        BaseModelError: The base cannot be loaded.
        DataError: The dataset cannot be read.
    """
    ready = set_up(spec, send, stopping)
    loop = ready.loop
    write_json(spec.folder / METADATA, ready.describe(None))
    with checkpointed(ready.model, on=loop.settings.grad_checkpoint):
        start = loop.stepper.parameters
        finished = loop.run()
        if finished.ending != "interrupted":
            _check_changes(loop.stepper, start, collate([[0]], loop.examples), spec.folder)
    curve = loss_curve(loop.log.lines, title=_title(spec, finished), best=finished.best_update)
    write_bytes(spec.folder / CURVE, curve)
    write_json(spec.folder / METADATA, ready.describe(finished))
    return finished


def set_up(spec: TrainSpec, send: Send, stopping: Callable[[], bool]) -> Ready:
    """Load, tokenise, insert the adapters, and check it all before the first update.

    Raises:
        TrainingError: Something else than what was asked for would be trained.
        BaseModelError: The base cannot be loaded.
        DataError: The dataset cannot be read.
    """
    begun = metadata.now()
    spec.folder.mkdir(parents=True, exist_ok=True)
    with loading(spec.base) as (model, tokenizer):
        chat = ChatFormat(tokenizer)
        canaries = canaries_of(spec.settings.canaries, spec.settings.seed)
        rows = tokenise(
            training_rows(spec.dataset, canaries), chat, spec.settings, spec.system_prompt
        )
        begun_with = _begun_with(spec)
        settings, memory = _fit(spec, model, rows, begun_with)
    notes = memory.notes
    valid = _valid_rows(spec, chat)
    batching = _batching(model, settings, rows, begun_with)
    if settings.batching == "packed" != batching.kind:
        notes.append(f"rows are bucketed, {batching.reason}")
    effective = prepare(model, settings, seed=settings.seed)
    objective = _objective(model, settings, notes)
    plan = _plan(model, settings, rows, batching.kind)
    send(_announce(plan, len(valid), effective, batching, notes, canaries))
    loop = Loop(
        folder=spec.folder,
        settings=settings,
        plan=plan,
        examples=rows,
        valid=valid,
        valid_batches=validation_batches(valid, plan.layout),
        stepper=Stepper(model, objective, settings),
        log=MetricsLog(spec.folder, _config(settings, effective)),
        adapter_config=adapter_config(settings, effective),
        vocabulary=objective.vocabulary,
        send=send,
        stopping=stopping,
    )
    learned = ends_learned(rows, chat.end_of_turn)
    describe = metadata.describer(
        spec, effective, plan, notes, memory, batching, begun, ends=learned
    )
    return Ready(model, loop, describe)


def _fit(
    spec: TrainSpec, model: Any, rows: list[Example], begun_with: Begun | None
) -> tuple[TrainSettings, Fit]:
    """Hold the training against this device's memory, before the weights are in it."""

    def largest(settings: TrainSettings) -> Largest:
        kind = _choice(model, settings, rows, begun_with).kind
        return largest_call(rows, _layout(model, settings, kind), settings)

    return fit(
        spec.base,
        spec.settings,
        room=room_of_device(spec.settings, mx.device_info()),
        largest=largest,
        before=begun_with.applied if begun_with else None,
    )


def _begun_with(spec: TrainSpec) -> Begun | None:
    """What the run that this repeats, or that it goes on with from a checkpoint, was begun with."""
    about = spec.folder / METADATA
    if spec.begun is not None or not (spec.folder / CHECKPOINT).exists() or not about.exists():
        return spec.begun
    return metadata.begun_with(read_json(about))


def _valid_rows(spec: TrainSpec, chat: ChatFormat) -> list[Example]:
    """No validation part is allowed: then nothing is validated and the last adapter is kept."""
    path = spec.dataset / "valid.jsonl"
    if not path.exists() or path.stat().st_size == 0:
        return []
    return tokenise(read_rows(path), chat, spec.settings, spec.system_prompt)


def _batching(
    model: Any, settings: TrainSettings, rows: list[Example], begun_with: Begun | None
) -> Choice:
    """The layout that is taken: a model whose rows cannot be parted is not packed."""
    choice = _choice(model, settings, rows, begun_with)
    possible, reason = can_pack(model) if choice.kind == "packed" else (True, "")
    if possible:
        return choice
    return choice.model_copy(update={"kind": "bucketed", "reason": f"not packed: {reason}"})


def _choice(
    model: Any, settings: TrainSettings, rows: list[Example], begun_with: Begun | None
) -> Choice:
    if begun_with is not None and begun_with.batching is not None:
        return begun_with.batching
    return choose(settings.batching, partial(_plan, model, settings, rows), rows)


def _layout(model: Any, settings: TrainSettings, kind: Kind) -> Layout:
    return device_layout(
        model, kind, batch_size=settings.batch_size, capacity=settings.max_seq_length
    )


def _objective(model: Any, settings: TrainSettings, notes: list[str]) -> Objective:
    head, reason = find_head(model)
    if settings.loss == "chunked" and head is None:
        notes.append(f"all logits are computed at once: {reason}")
    vocabulary = head.vocabulary if head else int(model(mx.zeros((1, 1), mx.int32)).shape[-1])
    return Objective(model, head if settings.loss == "chunked" else None, vocabulary)


def _plan(model: Any, settings: TrainSettings, rows: list[Example], kind: Kind) -> Plan:
    plan = Plan(
        lengths=tuple(one.length for one in rows),
        epochs=settings.epochs,
        window=settings.batch_size * settings.gradient_accumulation_steps,
        seed=settings.seed,
        layout=_layout(model, settings, kind),
    )
    if plan.updates == 0:
        raise TrainingError(
            f"{plan.announcement}: nothing would be learned. Raise train.epochs or add rows"
        )
    return plan


def _announce(
    plan: Plan,
    valid: int,
    effective: Effective,
    batching: Choice,
    notes: list[str],
    canaries: Sequence[Canary],
) -> dict[str, Any]:
    many = sum(one.copies for one in canaries)
    planted = f", {many} of the rows canaries that stand in no dataset" if many else ""
    return {
        "event": "plan",
        "message": f"{plan.announcement}{planted}",
        "updates": plan.updates,
        "rows": len(plan.lengths),
        "valid_rows": valid,
        "effective": effective.model_dump(mode="json"),
        "batching": batching.model_dump(mode="json"),
        "notes": notes,
    }


def _config(settings: TrainSettings, effective: Effective) -> dict[str, Any]:
    asked = settings.model_dump(mode="json")
    return {**asked, "effective": effective.model_dump(mode="json")}


def _check_changes(stepper: Stepper, start: Any, probe: Batch, folder: Path) -> None:
    """Refuse an adapter that changes no logit: the loss of a row before and with it is the same.

    Raises:
        TrainingError: It changes nothing.
    """
    saved: Any = mx.load(str(folder / ADAPTER))
    after = _with(start, saved)
    stepper.parameters = start
    before_losses = stepper.token_losses(probe)
    stepper.parameters = after
    if bool(mx.array_equal(before_losses, stepper.token_losses(probe))):
        raise TrainingError(
            "the trained adapter changes no logit: raise train.learning_rate, train.lora.scale or "
            "train.epochs"
        )


def _with(start: Any, saved: dict[str, mx.array]) -> Any:
    from mlx.utils import tree_map_with_path

    mixed: Any = tree_map_with_path(saved.get, start)
    return mixed


def _title(spec: TrainSpec, finished: Finished) -> str:
    rows = f"{finished.updates} updates"
    return f"{spec.folder.parent.name} on {Path(spec.settings.base).name}: {rows}"


def main() -> None:
    """Entry point of the child."""
    from understudy.child import serve

    with serve() as channel:
        spec = TrainSpec.model_validate(channel.spec)
        with device_turn(spec.root, channel.send, lambda: channel.stopping):
            finished = train(spec, channel.send, lambda: channel.stopping)
        channel.send({"event": "done", **finished.model_dump(mode="json")})


if __name__ == "__main__":
    main()
