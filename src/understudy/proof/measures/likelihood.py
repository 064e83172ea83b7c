"""How well an arm foresees the reference answers."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.proof.measures.definition import Definition
from understudy.proof.records import QuestionFacts


def loss(questions: Sequence[QuestionFacts]) -> dict[str, Definition]:
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
