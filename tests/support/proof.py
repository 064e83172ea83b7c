"""Builders for the proof's tests: questions, measures and whole results."""

from __future__ import annotations

from typing import Any

from understudy.proof.controls import Controls
from understudy.proof.five import Reproduction
from understudy.proof.records import ArmFacts, Curve, Measure, QuestionFacts
from understudy.settings import EvaluateSettings

SETTINGS = EvaluateSettings(
    max_questions=None,
    max_tokens=200,
    batch_size=8,
    resamples=500,
    confidence=0.95,
    seed=7,
)

FORMED = "**Bees dance.** It tells the others where to fly.\n\n- left\n- right\n"
PLAIN = "bees dance and dance and that is all there is to it"


def arm(loss: float = 10.0, tokens: int = 10, text: str | None = FORMED, **more: Any) -> ArmFacts:
    facts: dict[str, Any] = {"finish_reason": "stop", "generated_tokens": 20} | more
    return ArmFacts(loss=loss, tokens=tokens, text=text, **facts)


def question(video: str, number: int = 0, **more: Any) -> QuestionFacts:
    facts: dict[str, Any] = {
        "id": f"{video}:q{number:02d}",
        "video_id": video,
        "video_title": f"Talk {video}",
        "question": f"Why do bees dance, {video} {number}?",
        "reference": FORMED,
        "base": arm(20.0, text=PLAIN),
        "tuned": arm(10.0),
    }
    return QuestionFacts(**(facts | more))


def measure(base: float, tuned: float, ends: tuple[float, float] | None, **more: Any) -> Measure:
    facts: dict[str, Any] = {
        "title": "A measure",
        "unit": "nats",
        "better": "lower",
        "base": base,
        "tuned": tuned,
        "diff": tuned - base,
        "ci95": ends,
        "confidence": 0.95,
        "n_videos": 8,
        "n_rows": 40,
        "baseline": None,
    }
    return Measure(**(facts | more))


CONTROLS = Controls(
    test_videos=8,
    shared_videos=0,
    shared_rows=0,
    largest_shift=1.0,
    trained_tokens=100_000,
    template_same=True,
)
CURVE = Curve(
    updates=100,
    train_first=3.0,
    train_last=1.0,
    val_first=2.5,
    val_best=1.6,
    val_best_at=80,
    val_last=1.62,
)
REPRODUCTION = Reproduction(commit="a" * 40, changed=False, dataset_same=True, seed=42)
