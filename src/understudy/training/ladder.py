"""Cheaper settings, one after the other, for a training that does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from understudy.settings import TrainSettings
from understudy.training.footprint import Base, foresee

_FOUR_BITS = 4.5
"""Bits of a number in a 4-bit base, its scales included."""
_LEAST_LENGTH = 256


@dataclass(frozen=True)
class Rung:
    """One step down: what is set, together with all before it, and what that takes."""

    change: str
    """As `--set` takes it, or a sentence where the base itself changes."""
    peak: int
    """Bytes."""


def climb_down(base: Base, settings: TrainSettings, *, room: int) -> list[Rung]:
    """Name settings until the training fits; those that change what is learned come last.

    Args:
        room: Bytes.

    Returns:
        The steps, each foreseen with those before it; the last one fits, or nothing does.
    """
    taken: list[Rung] = []
    for change, cheaper, smaller in _steps(base, settings):
        peak = foresee(smaller, cheaper, length=cheaper.max_seq_length).peak
        taken.append(Rung(change, peak))
        if peak <= room:
            break
    return taken


def _steps(base: Base, settings: TrainSettings) -> Iterator[tuple[str, TrainSettings, Base]]:
    """Each step on top of the ones before it.

    Fewer layers are none of them: with checkpointing they save nothing but adapters.
    """
    now = settings
    if now.loss != "chunked":
        now = now.model_copy(update={"loss": "chunked"})
        yield "train.loss=chunked", now, base
    if not now.grad_checkpoint:
        now = now.model_copy(update={"grad_checkpoint": True})
        yield "train.grad_checkpoint=true", now, base
    if now.batch_size > 1 and now.batching == "bucketed":
        steps = now.gradient_accumulation_steps * now.batch_size
        now = now.model_copy(update={"batch_size": 1, "gradient_accumulation_steps": steps})
        yield f"train.batch_size=1 train.gradient_accumulation_steps={steps}", now, base
    small = replace(base, weights=round(base.weights * _FOUR_BITS / base.bits))
    if small.weights < base.weights and now.fine_tune != "full":
        base = small
        yield "train.base=<the same base in 4 bits>", now, base
    while now.max_seq_length > _LEAST_LENGTH:
        now = now.model_copy(update={"max_seq_length": max(_LEAST_LENGTH, now.max_seq_length // 2)})
        yield f"train.max_seq_length={now.max_seq_length}", now, base
