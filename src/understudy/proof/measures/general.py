"""What became of the base's general ability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from understudy.proof.general import is_right
from understudy.proof.measures.definition import Definition, text_of
from understudy.proof.measures.likelihood import per_token, unigram_per_token
from understudy.proof.records import QuestionFacts


def general_loss(asked: Sequence[QuestionFacts]) -> dict[str, Definition]:
    return {
        "general_loss": Definition(
            title="Loss per token, general answers",
            unit="nats",
            better="lower",
            columns=per_token,
            baseline=unigram_per_token(asked),
            baseline_is="word pieces at their frequency in the other general answers",
        )
    }


def general_right(
    answered: Sequence[QuestionFacts], accepted: Mapping[str, Sequence[str]]
) -> dict[str, Definition]:
    """Args:
    answered: Those for which it is known what a right answer holds.
    accepted: Question id to the phrases of which a right answer holds one.
    """
    other = [
        is_right(one.reference, accepted[asked.id])
        for place, asked in enumerate(answered)
        for one in (answered[(place + len(answered) // 2) % len(answered)],)
    ]
    return {
        "general_right": Definition(
            title="General questions answered rightly",
            unit="share",
            better="higher",
            columns=lambda one, arm: (float(is_right(text_of(arm), accepted[one.id])), 1.0),
            baseline=sum(other) / len(other),
            baseline_is="the right answer to another question",
            reference=sum(is_right(one.reference, accepted[one.id]) for one in answered)
            / len(answered),
        )
    }
