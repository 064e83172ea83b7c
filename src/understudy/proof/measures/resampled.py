"""One measure's figures for every arm, differences paired by question and drawn by video."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from understudy.proof.intervals import Array, Interval, bootstrap_over_videos, video_totals
from understudy.proof.measures.definition import Definition
from understudy.proof.records import Arm, Measure, QuestionFacts
from understudy.settings import EvaluateSettings


def measured(
    definition: Definition, questions: Sequence[QuestionFacts], settings: EvaluateSettings
) -> Measure:
    """Compute a measure on questions that base and tuned model have both done.

    Each measure draws the same videos, from a generator seeded by `settings.seed`.
    """
    base, tuned = (_totals(definition, questions, arm) for arm in ("base", "tuned"))
    interval = _difference(definition, base, tuned, settings)
    return Measure(
        title=definition.title,
        unit=definition.unit,
        better=definition.better,
        base=_figure(definition, base),
        tuned=_figure(definition, tuned),
        diff=interval.estimate,
        ci95=interval.ends,
        confidence=settings.confidence,
        n_videos=interval.videos,
        n_rows=len(questions),
        baseline=definition.baseline,
        baseline_is=definition.baseline_is,
        reference=definition.reference,
    )


def _totals(definition: Definition, questions: Sequence[QuestionFacts], arm: Arm) -> Array:
    """Sums of one arm's columns for each video."""
    rows = [definition.columns(question, question.arm(arm)) for question in questions]
    return video_totals([question.video_id for question in questions], np.array(rows, float))


def _figure(definition: Definition, totals: Array) -> float:
    return float(definition.statistic(totals.sum(axis=0)))


def _difference(
    definition: Definition, one: Array, tuned: Array, settings: EvaluateSettings
) -> Interval:
    """Tuned minus one other arm."""
    width = tuned.shape[1]

    def difference(drawn: Array) -> Array:
        other = definition.statistic(drawn[..., :width])
        return np.asarray(definition.statistic(drawn[..., width:]) - other)

    return bootstrap_over_videos(
        np.hstack([one, tuned]),
        difference,
        resamples=settings.resamples,
        confidence=settings.confidence,
        generator=np.random.default_rng(settings.seed),
    )
