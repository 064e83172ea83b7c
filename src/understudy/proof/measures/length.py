"""How long the answers are, and whether they end."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from statistics import fmean, median

from understudy.proof.measures.definition import Definition, text_of
from understudy.proof.records import QuestionFacts
from understudy.proof.texts import words_of


def length(answered: Sequence[QuestionFacts]) -> dict[str, Definition]:
    middle = median(len(words_of(one.reference)) for one in answered)
    return {
        "length_error": Definition(
            title="Length off its reference, in doublings",
            unit="|log2|",
            better="lower",
            columns=lambda one, arm: (_doublings(len(words_of(text_of(arm))), one.reference), 1.0),
            baseline=fmean(_doublings(middle, one.reference) for one in answered),
            baseline_is=f"always {middle:g} words",
        ),
        "length_ratio": Definition(
            title="Length over the references'",
            unit="ratio",
            better="reference",
            columns=lambda one, arm: (len(words_of(text_of(arm))), len(words_of(one.reference))),
            baseline=1.0,
            baseline_is="the reference of another question",
            reference=1.0,
        ),
    }


def _doublings(words: float, reference: str) -> float:
    """How far apart two lengths are; one word is added to both, so that none is infinite."""
    return abs(log2((words + 1) / (len(words_of(reference)) + 1)))


def endings(answered: Sequence[QuestionFacts], max_tokens: int) -> dict[str, Definition]:
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
