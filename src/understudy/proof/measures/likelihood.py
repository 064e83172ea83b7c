"""How well an arm foresees the reference answers."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.proof.measures.definition import Definition
from understudy.proof.records import ArmFacts, QuestionFacts


def loss(questions: Sequence[QuestionFacts]) -> dict[str, Definition]:
    whole = _unigram(questions)
    frequencies = "word pieces at their frequency in the training answers"
    return {
        "loss_per_token": Definition(
            title="Loss per answer token",
            unit="nats",
            better="lower",
            columns=per_token,
            baseline=unigram_per_token(questions),
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


def question_gain(questions: Sequence[QuestionFacts]) -> dict[str, Definition]:
    """How much better an answer is foreseen after its own question than after another's.

    Nothing where that was not scored.
    """
    if any(one.base.elsewhere is None or one.tuned.elsewhere is None for one in questions):
        return {}
    return {
        "question_gain": Definition(
            title="What its question tells about an answer",
            unit="nats",
            better="higher",
            columns=lambda _, arm: ((arm.elsewhere or 0.0) - arm.loss, arm.tokens),
            baseline=0.0,
            baseline_is="a model that does not look at the question",
            prompted=False,
        )
    }


def per_token(_: QuestionFacts, arm: ArmFacts) -> tuple[float, float]:
    """The columns whose ratio of sums is the loss per token."""
    return arm.loss, arm.tokens


def unigram_per_token(questions: Sequence[QuestionFacts]) -> float | None:
    """The same for token frequencies without any context; None where one was not scored."""
    whole = _unigram(questions)
    return None if whole is None else whole / sum(one.base.tokens for one in questions)


def _unigram(questions: Sequence[QuestionFacts]) -> float | None:
    known = [one.unigram_loss for one in questions if one.unigram_loss is not None]
    return sum(known) if questions and len(known) == len(questions) else None
