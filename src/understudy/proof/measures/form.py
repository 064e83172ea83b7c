"""Marks of form by Markdown parse, against the references' distribution and no ideal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from statistics import fmean

import numpy as np

from understudy.proof.intervals import Array
from understudy.proof.measures.definition import Definition, text_of
from understudy.proof.records import QuestionFacts
from understudy.text.form import form_of

FORM_MARKS = ("bold", "list", "paragraphs", "headings")


@lru_cache(maxsize=4096)  # several measures ask about the same text
def marks_of(text: str) -> tuple[bool, ...]:
    """Which of `FORM_MARKS` a text carries."""
    found = form_of(text)
    return (found.bold, found.list, found.paragraphs, found.headings > 0)


def seed_score(text: str) -> float:
    """The old pipeline's 0 to 3: one point each for bold, list and paragraphs."""
    return float(sum(marks_of(text)[:3]))


def form(answered: Sequence[QuestionFacts]) -> dict[str, Definition]:
    references = np.array([marks_of(one.reference) for one in answered], float)
    rates = references.mean(axis=0)
    constant = np.abs((rates > 0.5) - rates).mean()
    definitions = {
        "form_distance": Definition(
            title="Distance from the references' form",
            unit="share",
            better="lower",
            columns=lambda one, arm: (*marks_of(text_of(arm)), *marks_of(one.reference), 1.0),
            statistic=_rate_distance,
            baseline=float(constant),
            baseline_is="the references' usual form, always",
        ),
        "form_match": Definition(
            title="Marks of form like its own reference",
            unit="share",
            better="higher",
            columns=lambda one, arm: (_agreement(text_of(arm), one.reference), 1.0),
            baseline=_other_agreement(answered),
            baseline_is="the reference of another video",
        ),
    }
    for place, name in enumerate(FORM_MARKS):
        definitions[f"form_{name}"] = Definition(
            title=f"Answers with {'a list' if name == 'list' else name}",
            unit="share",
            better="reference",
            columns=lambda _, arm, place=place: (float(marks_of(text_of(arm))[place]), 1.0),
            baseline=1.0,
            baseline_is="an answer that always has it",
            reference=float(rates[place]),
        )
    definitions["form_score"] = Definition(
        title="The old pipeline's form score, 0 to 3",
        unit="points",
        better="reference",
        columns=lambda _, arm: (seed_score(text_of(arm)), 1.0),
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
