"""What an answer repeats: itself, or the training answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean

from understudy.proof.measures.definition import Definition, text_of
from understudy.proof.records import QuestionFacts
from understudy.proof.texts import copied_share, distinct_share, repeated_share


def repetition(answered: Sequence[QuestionFacts]) -> dict[str, Definition]:
    repeated = fmean(repeated_share(one.reference) for one in answered)
    distinct = fmean(distinct_share(one.reference) for one in answered)
    return {
        "repeated_span": Definition(
            title="Longest repeated span, of the answer",
            unit="share",
            better="reference",
            columns=lambda _, arm: (repeated_share(text_of(arm)), 1.0),
            baseline=repeated,
            baseline_is="a random reference answer",
            reference=repeated,
        ),
        "distinct_trigrams": Definition(
            title="Distinct word triples",
            unit="share",
            better="reference",
            columns=lambda _, arm: (distinct_share(text_of(arm)), 1.0),
            baseline=distinct,
            baseline_is="a random reference answer",
            reference=distinct,
        ),
    }


def memory(
    answered: Sequence[QuestionFacts], known: Collection[tuple[str, ...]]
) -> dict[str, Definition]:
    expected = fmean(copied_share(one.reference, known) for one in answered)
    return {
        "copied_from_train": Definition(
            title="Words in spans of 8 from the answers of one training video",
            unit="share",
            better="reference",
            columns=lambda _, arm: (copied_share(text_of(arm), known), 1.0),
            baseline=expected,
            baseline_is="a random reference answer",
            reference=expected,
        )
    }
