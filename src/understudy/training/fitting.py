"""Will it fit? Asked with the real rows, before the base's weights are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from understudy.errors import BaseModelError, TrainingError
from understudy.records import Record
from understudy.settings import TrainSettings
from understudy.training.batches import Example
from understudy.training.footprint import Base, Largest, foresee, read_base
from understudy.training.ladder import Rung, climb_down, named, size
from understudy.training.layout import Call, Layout, call_width

Measure = Callable[[TrainSettings], Largest]


class Fit(Record):
    """What was foreseen of a run's memory, and what was done about it."""

    room_bytes: int | None
    """What a training may take; null where the machine does not say."""
    foreseen_bytes: int | None
    """At the peak, with what was applied; null where the base's files do not tell."""
    applied: tuple[str, ...]
    """Cheaper settings that were taken, as `--set` takes them."""

    @property
    def notes(self) -> list[str]:
        """What was done otherwise than set, for who reads the run."""
        if not self.applied or self.foreseen_bytes is None or self.room_bytes is None:
            return []
        done, peak, room = " ".join(self.applied), size(self.foreseen_bytes), size(self.room_bytes)
        return [f"trained with {done}, to fit {peak} into {room}"]


def largest_call(rows: Sequence[Example], layout: Layout, settings: TrainSettings) -> Largest:
    """The largest call that an update of the longest rows would make.

    Args:
        rows: Of the training; cut to `settings.max_seq_length` already, or longer.
    """
    window = settings.batch_size * settings.gradient_accumulation_steps
    longest = sorted(rows, key=lambda row: -row.length)[:window]
    lengths = [min(row.length, settings.max_seq_length) for row in longest]
    calls = layout.calls(range(len(lengths)), lengths)

    def measured(call: Call) -> Largest:
        learned = sum(longest[row].learned for line in call for row in line)
        return Largest(len(call), call_width(call, lengths), learned)

    return max(map(measured, calls), key=lambda one: (one.lines * one.length, one.length))


def fit(
    folder: Path,
    settings: TrainSettings,
    *,
    room: int | None,
    largest: Measure,
    before: Collection[str] | None = None,
) -> tuple[TrainSettings, Fit]:
    """Hold a training against the memory there is.

    Args:
        folder: Of the base.
        room: Bytes; None asks nothing.
        largest: The largest call under given settings.
        before: What was applied when this run began: a run that goes on takes the same, whatever
            there is now, because other settings round otherwise. None for a run that begins.

    Returns:
        The settings to train with, and what was decided.

    Raises:
        TrainingError: It does not fit, and `memory.auto` is off or not enough; names cheaper
            settings with what they take.
    """
    try:
        base = read_base(folder)
    except BaseModelError:
        return settings, Fit(room_bytes=room, foreseen_bytes=None, applied=())
    foreseen = foresee(base, settings, largest(settings)).peak
    harmless = [one for one in climb_down(base, settings, room=0, largest=largest) if one.harmless]
    if before is not None:
        taken = [one for one in harmless if one.change in before]
    elif room is None or foreseen <= room:
        taken = []
    else:
        taken = _enough(base, settings, harmless, foreseen=foreseen, room=room, largest=largest)
    applied = tuple(one.change for one in taken)
    chosen, peak = (taken[-1].settings, taken[-1].peak) if taken else (settings, foreseen)
    return chosen, Fit(room_bytes=room, foreseen_bytes=peak, applied=applied)


def _enough(
    base: Base,
    settings: TrainSettings,
    harmless: list[Rung],
    *,
    foreseen: int,
    room: int,
    largest: Measure,
) -> list[Rung]:
    """The harmless steps down to the first that fits."""
    count = next((n for n, one in enumerate(harmless, start=1) if one.peak <= room), None)
    if count is not None and settings.memory.auto:
        return harmless[:count]
    rungs = climb_down(base, settings, room=room, largest=largest)
    raise TrainingError(
        f"this training would take {size(foreseen)} at its peak, and there are {size(room)}: "
        f"{_advice(rungs, room, by_itself=count)}. train.memory.limit_gb says what it may take, if "
        "you know better"
    )


def _advice(rungs: list[Rung], room: int, *, by_itself: int | None) -> str:
    if not rungs or rungs[-1].peak > room:
        tried = f"; not enough: {named(rungs)}" if rungs else ""
        return f"take a smaller base{tried}"
    alone = "" if by_itself is None else ", or train.memory.auto=true, which does that by itself"
    return f"set {named(rungs)}{alone}"
