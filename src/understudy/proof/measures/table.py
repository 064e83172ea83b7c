"""From what was observed on each question to figures with intervals and baselines.

A figure that a constant answer wins is no figure (length similarity to the
reference was 0.52 for a real tuned model, 0.67 for a random other answer and
0.75 for a constant), so each stands beside what a trivial answerer reaches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log2
from statistics import fmean, median
from typing import Literal

import numpy as np

from understudy.form import Form, form_of
from understudy.proof.intervals import (
    Array,
    Statistic,
    bootstrap_over_videos,
    ratio_of_sums,
    video_totals,
)
from understudy.proof.records import ArmFacts, Measure, QuestionFacts
from understudy.proof.texts import (
    copied_share,
    distinct_share,
    repeated_share,
    shared_content,
    spans_of,
    words_of,
)
from understudy.settings import EvaluateSettings

VERSION = "2"
FORM_MARKS = ("bold", "list", "paragraphs", "headings")
Columns = Callable[[QuestionFacts, ArmFacts], tuple[float, ...]]


@dataclass(frozen=True)
class Definition:
    """How one measure is made from the questions.

    `columns` gives a question's summands for one arm; `statistic` turns their sums into the
    figure, for the arms separately.
    """

    title: str
    unit: str
    better: Literal["lower", "higher", "reference", "none"]
    columns: Columns
    statistic: Statistic = ratio_of_sums
    baseline: float | None = None
    baseline_is: str = ""
    reference: float | None = None


def measure_all(
    questions: Sequence[QuestionFacts],
    *,
    train_answers: Iterable[str],
    settings: EvaluateSettings,
) -> dict[str, Measure]:
    """Every measure of one evaluation, in the order in which the report shows them.

    Loss is taken on all questions, the rest on those that both arms answered.
    Each measure draws the same videos, from a generator seeded by `settings.seed`.
    """
    answered = [question for question in questions if question.generated]
    found = {
        name: _measured(definition, questions, settings)
        for name, definition in _loss(questions).items()
    }
    if answered:
        definitions = {
            **_content(answered),
            **_form(answered),
            **_length(answered),
            **_endings(answered, settings.max_tokens),
            **_repetition(answered),
            **_memory(answered, spans_of(train_answers)),
        }
        found |= {
            name: _measured(definition, answered, settings)
            for name, definition in definitions.items()
        }
    return found


def _measured(
    definition: Definition, questions: Sequence[QuestionFacts], settings: EvaluateSettings
) -> Measure:
    rows = [
        (
            *definition.columns(question, question.base),
            *definition.columns(question, question.tuned),
        )
        for question in questions
    ]
    totals = video_totals([question.video_id for question in questions], np.array(rows, float))
    width = totals.shape[1] // 2
    sums = totals.sum(axis=0)

    def difference(drawn: Array) -> Array:
        tuned = definition.statistic(drawn[..., width:])
        return np.asarray(tuned - definition.statistic(drawn[..., :width]))

    interval = bootstrap_over_videos(
        totals,
        difference,
        resamples=settings.resamples,
        confidence=settings.confidence,
        generator=np.random.default_rng(settings.seed),
    )
    ends = None
    if interval.low is not None and interval.high is not None:
        ends = (interval.low, interval.high)
    return Measure(
        title=definition.title,
        unit=definition.unit,
        better=definition.better,
        base=float(definition.statistic(sums[:width])),
        tuned=float(definition.statistic(sums[width:])),
        diff=interval.estimate,
        ci95=ends,
        confidence=settings.confidence,
        n_videos=interval.videos,
        n_rows=len(questions),
        baseline=definition.baseline,
        baseline_is=definition.baseline_is,
        reference=definition.reference,
    )


# --- loss --------------------------------------------------------------------


def _loss(questions: Sequence[QuestionFacts]) -> dict[str, Definition]:
    known = [one.unigram_loss for one in questions if one.unigram_loss is not None]
    whole = sum(known) if questions and len(known) == len(questions) else None
    tokens = sum(question.base.tokens for question in questions)
    frequencies = "word pieces at their frequency in the training answers"
    return {
        "loss_per_token": Definition(
            title="Loss per answer token",
            unit="nats",
            better="lower",
            columns=lambda _, arm: (arm.loss, arm.tokens),
            baseline=None if whole is None else whole / tokens,
            baseline_is=frequencies,
        ),
        "loss_per_answer": Definition(
            title="Loss per answer",
            unit="nats",
            better="lower",
            columns=lambda _, arm: (arm.loss, 1),
            baseline=None if whole is None else whole / len(questions),
            baseline_is=frequencies,
        ),
    }


# --- content -----------------------------------------------------------------


def _content(answered: Sequence[QuestionFacts]) -> dict[str, Definition]:
    return {
        "content_match": Definition(
            title="Content words shared with its reference",
            unit="share",
            better="higher",
            columns=lambda one, arm: (shared_content(_text(arm), one.reference), 1.0),
            baseline=_other_content(answered),
            baseline_is="the reference of another video",
        )
    }


def _other_content(answered: Sequence[QuestionFacts]) -> float | None:
    """Mean overlap with the next reference of another video: what any answer shares by subject."""
    found: list[float] = []
    for place, one in enumerate(answered):
        others = (*answered[place + 1 :], *answered[:place])
        other = next((each for each in others if each.video_id != one.video_id), None)
        if other is not None:
            found.append(shared_content(other.reference, one.reference))
    return fmean(found) if found else None


# --- form --------------------------------------------------------------------


@lru_cache(maxsize=4096)
def form(text: str) -> Form:
    """`form_of`, once per text: several measures ask."""
    return form_of(text)


def marks_of(text: str) -> tuple[bool, ...]:
    """Which of `FORM_MARKS` a text carries."""
    found = form(text)
    return (found.bold, found.list, found.paragraphs, found.headings > 0)


def seed_score(text: str) -> float:
    """The old pipeline's 0 to 3: one point each for bold, list and paragraphs."""
    return float(sum(marks_of(text)[:3]))


def _form(answered: Sequence[QuestionFacts]) -> dict[str, Definition]:
    references = np.array([marks_of(one.reference) for one in answered], float)
    rates = references.mean(axis=0)
    constant = np.abs((rates > 0.5) - rates).mean()
    definitions = {
        "form_distance": Definition(
            title="Distance from the references' form",
            unit="share",
            better="lower",
            columns=lambda one, arm: (*marks_of(_text(arm)), *marks_of(one.reference), 1.0),
            statistic=_rate_distance,
            baseline=float(constant),
            baseline_is="the references' usual form, always",
        ),
        "form_match": Definition(
            title="Marks of form like its own reference",
            unit="share",
            better="higher",
            columns=lambda one, arm: (_agreement(_text(arm), one.reference), 1.0),
            baseline=_other_agreement(answered),
            baseline_is="the reference of another video",
        ),
    }
    for place, name in enumerate(FORM_MARKS):
        definitions[f"form_{name}"] = Definition(
            title=f"Answers with {'a list' if name == 'list' else name}",
            unit="share",
            better="reference",
            columns=lambda _, arm, place=place: (float(marks_of(_text(arm))[place]), 1.0),
            baseline=1.0,
            baseline_is="an answer that always has it",
            reference=float(rates[place]),
        )
    definitions["form_score"] = Definition(
        title="The old pipeline's form score, 0 to 3",
        unit="points",
        better="reference",
        columns=lambda _, arm: (seed_score(_text(arm)), 1.0),
        baseline=3.0,
        baseline_is="an answer that always has all three",
        reference=fmean(seed_score(one.reference) for one in answered),
    )
    return definitions


def _rate_distance(sums: Array) -> Array:
    """Mean absolute difference of the marks' rates, arm against references."""
    marks = len(FORM_MARKS)
    difference = sums[..., :marks] - sums[..., marks : 2 * marks]
    return np.asarray(np.abs(difference / sums[..., -1:]).mean(axis=-1))


def _agreement(text: str, reference: str) -> float:
    pairs = zip(marks_of(text), marks_of(reference), strict=True)
    return fmean(float(one == other) for one, other in pairs)


def _other_agreement(answered: Sequence[QuestionFacts]) -> float | None:
    """Expected agreement with the reference of a question on another video."""
    everything = Counter(marks_of(one.reference) for one in answered)
    by_video: dict[str, Counter[tuple[bool, ...]]] = {}
    for one in answered:
        by_video.setdefault(one.video_id, Counter())[marks_of(one.reference)] += 1
    if len(by_video) < 2:
        return None
    found: list[float] = []
    for one in answered:
        others = everything - by_video[one.video_id]
        mine = marks_of(one.reference)
        agreeing = sum(
            count * fmean(float(a == b) for a, b in zip(mine, marks, strict=True))
            for marks, count in others.items()
        )
        found.append(agreeing / others.total())
    return fmean(found)


# --- length, endings, repetition, memory -------------------------------------


def _length(answered: Sequence[QuestionFacts]) -> dict[str, Definition]:
    middle = median(len(words_of(one.reference)) for one in answered)
    return {
        "length_error": Definition(
            title="Length off its reference, in doublings",
            unit="|log2|",
            better="lower",
            columns=lambda one, arm: (_doublings(len(words_of(_text(arm))), one.reference), 1.0),
            baseline=fmean(_doublings(middle, one.reference) for one in answered),
            baseline_is=f"always {middle:g} words",
        ),
        "length_ratio": Definition(
            title="Length over the references'",
            unit="ratio",
            better="reference",
            columns=lambda one, arm: (len(words_of(_text(arm))), len(words_of(one.reference))),
            baseline=1.0,
            baseline_is="the reference of another question",
            reference=1.0,
        ),
    }


def _doublings(words: float, reference: str) -> float:
    """How far apart two lengths are; one word is added to both, so that none is infinite."""
    return abs(log2((words + 1) / (len(words_of(reference)) + 1)))


def _endings(answered: Sequence[QuestionFacts], max_tokens: int) -> dict[str, Definition]:
    fitting = fmean(float(one.base.tokens <= max_tokens) for one in answered)
    return {
        "ended": Definition(
            title="Answers that end by themselves",
            unit="share",
            better="higher",
            columns=lambda _, arm: (float(arm.finish_reason == "stop"), 1.0),
            baseline=fitting,
            baseline_is=f"references of at most {max_tokens} tokens",
        )
    }


def _repetition(answered: Sequence[QuestionFacts]) -> dict[str, Definition]:
    repeated = fmean(repeated_share(one.reference) for one in answered)
    distinct = fmean(distinct_share(one.reference) for one in answered)
    return {
        "repeated_span": Definition(
            title="Longest repeated span, of the answer",
            unit="share",
            better="reference",
            columns=lambda _, arm: (repeated_share(_text(arm)), 1.0),
            baseline=repeated,
            baseline_is="a random reference answer",
            reference=repeated,
        ),
        "distinct_trigrams": Definition(
            title="Distinct word triples",
            unit="share",
            better="reference",
            columns=lambda _, arm: (distinct_share(_text(arm)), 1.0),
            baseline=distinct,
            baseline_is="a random reference answer",
            reference=distinct,
        ),
    }


def _memory(
    answered: Sequence[QuestionFacts], known: Collection[tuple[str, ...]]
) -> dict[str, Definition]:
    expected = fmean(copied_share(one.reference, known) for one in answered)
    return {
        "copied_from_train": Definition(
            title="Words in spans of 8 that stand in training answers",
            unit="share",
            better="reference",
            columns=lambda _, arm: (copied_share(_text(arm), known), 1.0),
            baseline=expected,
            baseline_is="a random reference answer",
            reference=expected,
        )
    }


def _text(arm: ArmFacts) -> str:
    return arm.text or ""
