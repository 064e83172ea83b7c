"""Cheaper settings, one after the other, for a training that does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from understudy.settings import TrainSettings
from understudy.training.footprint import Base, Largest, foresee

_FOUR_BITS = 4.5
"""Bits of a number in a 4-bit base, its scales included."""
_LEAST_LENGTH = 256
_GIB = 2**30


@dataclass(frozen=True)
class Rung:
    """One step down: what is set, together with all before it, and what that takes."""

    change: str
    """As `--set` takes it, or a sentence where the base itself changes."""
    peak: int
    """Bytes."""
    settings: TrainSettings
    harmless: bool
    """Whether neither this step nor one before it changes what is learned."""


def climb_down(
    base: Base,
    settings: TrainSettings,
    *,
    room: int,
    largest: Callable[[TrainSettings], Largest],
) -> list[Rung]:
    """Name settings until the training fits; those that change what is learned come last.

    Args:
        room: Bytes.
        largest: The largest call under given settings.

    Returns:
        The steps, each foreseen with those before it; the last one fits, or nothing does.
    """
    taken: list[Rung] = []
    for change, cheaper, smaller, harmless in _steps(base, settings):
        peak = foresee(smaller, cheaper, largest(cheaper)).peak
        if not harmless and taken and peak >= taken[-1].peak:
            continue  # such as a shorter limit that no row reaches
        taken.append(Rung(change, peak, cheaper, harmless))
        if peak <= room:
            break
    return taken


def _steps(base: Base, settings: TrainSettings) -> Iterator[tuple[str, TrainSettings, Base, bool]]:
    """Each step on top of the ones before it.

    Fewer layers are none of them: with checkpointing they save nothing but adapters.
    """
    now = settings
    if now.loss != "chunked":
        now = now.model_copy(update={"loss": "chunked"})
        yield "train.loss=chunked", now, base, True
    if not now.grad_checkpoint:
        now = now.model_copy(update={"grad_checkpoint": True})
        yield "train.grad_checkpoint=true", now, base, True
    if now.batch_size > 1 and now.batching != "packed":
        steps = now.gradient_accumulation_steps * now.batch_size
        now = now.model_copy(update={"batch_size": 1, "gradient_accumulation_steps": steps})
        yield f"train.batch_size=1 train.gradient_accumulation_steps={steps}", now, base, True
    small = replace(base, weights=round(base.weights * _FOUR_BITS / base.bits))
    if small.weights < base.weights and now.fine_tune != "full":
        base = small
        yield "train.base=<the same base in 4 bits>", now, base, False
    while now.max_seq_length > _LEAST_LENGTH:
        now = now.model_copy(update={"max_seq_length": max(_LEAST_LENGTH, now.max_seq_length // 2)})
        yield f"train.max_seq_length={now.max_seq_length}", now, base, False


def named(rungs: Sequence[Rung]) -> str:
    """The steps in one line, each with its peak."""
    return "; then ".join(f"{one.change} ({size(one.peak)})" for one in rungs)


def size(count: int) -> str:
    """Bytes for people."""
    return f"{count / _GIB:.2f} GiB" if count >= _GIB / 10 else f"{count / 2**20:.0f} MiB"
