"""One measure's figures for every arm, differences paired by question and drawn by video."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from understudy.proof.intervals import Array, Interval, bootstrap_over_videos, video_totals
from understudy.proof.measures.definition import Definition
from understudy.proof.records import (
    ARMS,
    PROMPTINGS,
    Arm,
    ArmFacts,
    Measure,
    Other,
    QuestionFacts,
)
from understudy.settings import EvaluateSettings


def by_video(question: QuestionFacts) -> str:
    """What is drawn as one: questions of one video are not independent."""
    return question.video_id


def by_question(question: QuestionFacts) -> str:
    """What is drawn as one where questions have nothing in common."""
    return question.id


def measured(
    definition: Definition,
    questions: Sequence[QuestionFacts],
    settings: EvaluateSettings,
    cluster: Callable[[QuestionFacts], str] = by_video,
) -> Measure:
    """Compute a measure on questions that base and tuned model have both done.

    Each measure draws the same videos, from a generator seeded by `settings.seed`. An arm that
    has not done every one of the questions has no figure.
    """
    base, tuned = (_totals(definition, questions, _facts(questions, arm), cluster) for arm in ARMS)
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
        others={
            arm: _other(definition, _totals(definition, questions, facts, cluster), tuned, settings)
            for arm in PROMPTINGS
            if definition.prompted and len(facts := _facts(questions, arm)) == len(questions)
        },
    )


def _facts(questions: Sequence[QuestionFacts], arm: Arm) -> list[ArmFacts]:
    """What an arm did with the questions that it has done as far as base and tuned model have."""
    pairs = [(one.arm(arm), one.generated) for one in questions]
    return [done for done, answered in pairs if done and (done.text is not None or not answered)]


def _totals(
    definition: Definition,
    questions: Sequence[QuestionFacts],
    facts: Sequence[ArmFacts],
    cluster: Callable[[QuestionFacts], str],
) -> Array:
    """Sums of one arm's columns for each cluster."""
    rows = [definition.columns(one, done) for one, done in zip(questions, facts, strict=True)]
    return video_totals([cluster(question) for question in questions], np.array(rows, float))


def _figure(definition: Definition, totals: Array) -> float:
    return float(definition.statistic(totals.sum(axis=0)))


def _other(
    definition: Definition, totals: Array, tuned: Array, settings: EvaluateSettings
) -> Other:
    interval = _difference(definition, totals, tuned, settings)
    return Other(value=_figure(definition, totals), diff=interval.estimate, ci95=interval.ends)


def _difference(
    definition: Definition, one: Array, tuned: Array, settings: EvaluateSettings
) -> Interval:
    """Tuned minus one other arm."""
    width = tuned.shape[1]

    def difference(drawn: Array) -> Array:
        other = definition.statistic(drawn[..., :width])
        return np.asarray(definition.statistic(drawn[..., width:]) - other)

    found = bootstrap_over_videos(
        np.hstack([one, tuned]),
        difference,
        resamples=settings.resamples,
        confidence=settings.confidence,
        generator=np.random.default_rng(settings.seed),
    )
    return found.of_shares(settings.confidence) if definition.unit == "share" else found
