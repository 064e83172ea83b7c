"""How far apart trainings end that differ in the seed alone, where a sweep has tried."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from statistics import variance

from understudy.proof.quantiles import student_quantile
from understudy.proof.records import SeedNoise
from understudy.sweep.result import SweepResult


def seed_noise(sweeps: Iterable[tuple[str, SweepResult]], confidence: float) -> SeedNoise | None:
    """The spread of validation losses over seeds, from the sweep with the most trainings.

    Settings that were trained to the end with two seeds or more, none of which diverged, are pooled:
    each has a mean of its own, and the spread around it is taken for the same.

    Args:
        sweeps: Name and result of those on this run's dataset and base.
        confidence: With which another seed's loss lies within `luck`.

    Source:
        Pooled variance and prediction interval for one further value, as in any textbook, such as
        Snedecor and Cochran, "Statistical Methods" (8th edition, 1989), sections 6.6 and 6.8.
    """
    found = [noise for name, one in sweeps if (noise := _of(name, one, confidence)) is not None]
    return max(found, key=lambda noise: noise.trainings, default=None)


def _of(name: str, result: SweepResult, confidence: float) -> SeedNoise | None:
    groups: list[list[float]] = []
    for one in result.combinations:
        seen = one.rungs[-1].seeds if one.rungs and one.dropped_at is None else ()
        losses = [loss for loss in seen if loss is not None]
        if len(losses) == len(seen) >= 2:
            groups.append(losses)
    freedom = sum(len(losses) - 1 for losses in groups)
    if not freedom:
        return None
    spread = sqrt(sum((len(losses) - 1) * variance(losses) for losses in groups) / freedom)
    quantile = student_quantile(1 - (1 - confidence) / 2, freedom)
    return SeedNoise(
        sweep=name,
        trainings=sum(map(len, groups)),
        settings=len(groups),
        spread=spread,
        luck=quantile * spread * sqrt(2),
    )
