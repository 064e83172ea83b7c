"""Who goes on after a rung, and what the last one says: pure rules over losses.

Source:
    Successive halving: Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and
    Hyperparameter Optimization" (AISTATS 2016). Ours halves by a share that is set, drops whole
    combinations with all their seeds, and never goes below two, so that a tie can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, sqrt
from statistics import fmean, stdev

LEAST = 2


@dataclass(frozen=True)
class Loss:
    """One trial's validation at a rung."""

    loss: float
    """Nats per token; infinite for a training that diverged."""
    error: float | None
    """Standard error over the validation's videos."""


@dataclass(frozen=True)
class Score:
    """One combination at a rung, over its seeds."""

    loss: float
    error: float
    """Standard error of that mean over the seeds; with one seed, the validation's own."""


def score(losses: Sequence[Loss]) -> Score:
    """Sum a combination's seeds up. One that diverged makes it infinite.

    The validation rows are the same for all, so their own error is common to all and says little
    of a difference between two; the seeds' spread is what could have put one before another.
    """
    values = [one.loss for one in losses]
    if not all(map(isfinite, values)):
        return Score(inf, 0.0)
    if len(values) == 1:
        return Score(values[0], losses[0].error or 0.0)
    return Score(fmean(values), stdev(values) / sqrt(len(values)))


def survivors(scores: Mapping[int, Score], keep: float) -> list[int]:
    """Combinations that go on: the best share, in their own order.

    Args:
        scores: By number.
    """
    count = max(LEAST, ceil(keep * len(scores)))
    fit = [number for number in scores if isfinite(scores[number].loss)]
    best = sorted(fit, key=lambda number: (scores[number].loss, number))[:count]
    return sorted(best)


def tied(one: Score, best: Score) -> bool:
    """Whether one cannot be told from the best: its loss lies within a standard error."""
    return isfinite(one.loss) and one.loss - best.loss <= max(one.error, best.error)


def rung_updates(rungs: Sequence[float], *, updates: int, every: int) -> tuple[int, ...]:
    """The update of each rung: at a validation, so a multiple of its period, and the last."""
    at = [max(every, round(share * updates / every) * every) for share in rungs[:-1]]
    return (*(min(updates, one) for one in at), updates)
