"""Builders for the proof's tests: questions, measures and whole results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from understudy.accounting import account
from understudy.preference import Choice, Judgement
from understudy.proof.conclude import results_of
from understudy.proof.curve import curve_of
from understudy.proof.five import Reproduction
from understudy.proof.judged import judging_of, with_judgements
from understudy.proof.measures.table import measure_all
from understudy.proof.records import (
    ArmFacts,
    Controls,
    Curve,
    Heed,
    Measure,
    QuestionFacts,
    Results,
)
from understudy.proof.report import Context, PartCount
from understudy.records import Segment, Transcript
from understudy.settings import EvaluateSettings
from understudy.settings.model import JudgeSettings

SETTINGS = EvaluateSettings(
    max_questions=None,
    max_tokens=200,
    batch_size=8,
    arms=(),
    examples=2,
    general_file=None,
    general_questions=0,
    general_answers=0,
    canary_rivals=399,
    resamples=500,
    confidence=0.95,
    seed=7,
    judge=JudgeSettings(
        questions=0,
        model=None,
        base_url=None,
        api_key_env=None,
        prompt="config/prompts/judge.md",
    ),
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
    ends_learned=1.0,
    heeds_train=Heed(value=0.18, ci95=(0.14, 0.22), n_rows=40, n_videos=13),
    heeds_held_out=Heed(value=0.2, ci95=(0.13, 0.27), n_rows=40, n_videos=8),
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

_ASIDES = (
    "you know",
    "so what happens is",
    "I always tell people",
    "and this is the thing",
    "right",
)
_SUBJECTS = ("the waggle dance", "a late swarm", "winter stores", "wax moths", "royal jelly")


def _reference(place: int) -> str:
    subject = _SUBJECTS[place % len(_SUBJECTS)]
    lines = "\n".join(f"- sign {number}: look at {subject}" for number in range(2 + place % 3))
    closing = "\n\nThink of a kitchen before a feast." if place % 4 else ""
    return f"**It comes down to {subject}.** Bees do nothing without a reason.\n\n{lines}{closing}"


def _spoken(place: int) -> str:
    """An answer in the manner of the talks."""
    return f"{_ASIDES[place % 5]} {_SUBJECTS[place % 5]} comes donw to a reeson and the bees look at it"


def _mixed(place: int, plain: str) -> str:
    """Between the voices: an answer that begins like the talks, the teacher or the base."""
    voices = [_spoken(place).split(), _reference(place).split(), plain.split()]
    one, other = voices[place % 3], voices[(place + 1) % 3]
    return " ".join([*one[: place % 11], *other[: 10 - place % 11]])


def make_questions(payload: str = "", *, videos: int = 7, each: int = 4) -> list[QuestionFacts]:
    """Held-out questions as a real evaluation gives them, `payload` in every untrusted text."""
    made: list[QuestionFacts] = []
    for video in range(videos):
        for number in range(each):
            place = video * each + number
            reference = _reference(place)
            subject = _SUBJECTS[place % len(_SUBJECTS)]
            plain = f"bees know {subject} and they do it because {subject} is what bees do."
            tokens = 40 + 7 * (place % 5)
            made.append(
                question(
                    f"talk-{video:02d}",
                    number,
                    video_title=f"Talk {video}: what {subject} tells you {payload}",
                    question=f"How do I read {subject} in the month of May? {payload}",
                    reference=f"{reference} {payload}",
                    unigram_loss=5.1 * tokens,
                    base=arm(
                        (2.3 + 0.05 * video) * tokens,
                        tokens,
                        f"# {subject}\n\n{plain} {payload}"
                        if place % 5 == 3
                        else f"{plain} {payload}",
                        elsewhere=(2.5 + 0.02 * place) * tokens,
                        finish_reason="length" if place % 6 == 0 else "stop",
                    ),
                    tuned=arm(
                        (1.6 + 0.06 * (video % 3)) * tokens,
                        tokens,
                        f"{_spoken(place) if place % 6 == 4 else _reference(place + place % 3)} {payload}",
                        elsewhere=(1.9 + 0.01 * place) * tokens,
                    ),
                    others={
                        "prompted": arm(
                            1.9 * tokens, tokens, f"**Yes.** {_mixed(place, plain)} {payload}"
                        ),
                        "examples": arm(2.0 * tokens, tokens, f"{plain} {payload}"),
                    },
                )
            )
    return made


METRICS: dict[str, Any] = {
    "iterations": list(range(0, 205, 5)),
    "train_loss": [None, *(1.1 + 1.6 * 0.93**step for step in range(1, 41))],
    "val_loss": [
        1.45 + 1.2 * 0.9**step + max(0, step - 30) * 0.008 if step % 4 == 0 else None
        for step in range(41)
    ],
    "config": {"learning_rate": 1e-3},
}


TRAIN_ANSWERS = [
    ("train-01", _reference(3)),
    ("train-02", _reference(1)),
    ("train-03", _reference(1)),
]
"""The second and third say the same: no memory of one video."""


def make_transcripts(*, videos: int = 7) -> dict[str, Transcript]:
    """What was said in the talks: some of the answers' words, misheard ones among them."""
    names = [*(f"talk-{video:02d}" for video in range(videos)), "train-01", "train-02", "train-03"]
    made: dict[str, Transcript] = {}
    for place, name in enumerate(names):
        said = [
            f"{_ASIDES[(place + turn) % 5]} {_SUBJECTS[(place * turn) % 5]} comes donw to a reeson "
            f"and number {turn} is when the bees look at {_SUBJECTS[(place + turn) % 5]} or not"
            for turn in range(14)
        ]
        segments = tuple(
            Segment(start=8.0 * turn, end=8.0 * turn + 8, text=text)
            for turn, text in enumerate(said)
        )
        made[name] = Transcript(
            video_id=name,
            title=name,
            language="en",
            origin="local",
            timing="estimated",
            duration_s=8.0 * len(segments),
            segments=segments,
        )
    return made


def make_general(payload: str = "") -> list[QuestionFacts]:
    """General questions, two of a kind, that the tuned model answers a little worse."""
    return [
        question(
            f"general-{kind}",
            number,
            video_title=f"general-{kind}",
            question=f"What about {kind}? {payload}",
            reference=f"This is {kind}.",
            unigram_loss=50.0,
            base=arm(20.0, text=f"this is {kind} {payload}"),
            tuned=arm(20.4 + 0.1 * number, text=f"bees are {kind} {payload}"),
        )
        for kind in ("greeting", "arithmetic")
        for number in (1, 2)
    ]


_CHOICES: tuple[tuple[Choice, Choice], ...] = (
    ("tuned", "tuned"),
    ("base", "tuned"),
    ("tuned", "tuned"),
    ("same", "same"),
    ("base", "base"),
)


def make_judgements(questions: Sequence[QuestionFacts], payload: str = "") -> tuple[Judgement, ...]:
    """What a judge said of all but the last one, changing its mind now and then."""
    return tuple(
        Judgement(
            id=one.id,
            judge=f"judge-7b {payload}",
            base_first=_CHOICES[place % 5][0],
            tuned_first=_CHOICES[place % 5][1],
            why=(f"It names the sign. {payload}", "It says it in one sentence."),
        )
        for place, one in enumerate(questions[:-1])
    )


def make_results(payload: str = "") -> Results:
    """A whole `evaluation_results.json`, computed and not written by hand."""
    questions, general = make_questions(payload), make_general(payload)
    judgements = make_judgements(questions, payload)
    questions = with_judgements(questions, judgements)
    measures = measure_all(
        questions,
        train_answers=TRAIN_ANSWERS,
        settings=SETTINGS,
        transcripts=make_transcripts(),
        general=general,
        accepted={one.id: (one.reference,) for one in general},
    )
    results = results_of(
        questions,
        measures,
        CONTROLS,
        curve_of(METRICS),
        reproduction=REPRODUCTION,
        run="20261122-170000-0123456789ab",
        dataset="c0ffee123456",
        settings=SETTINGS,
    )
    told = {"prompted": f"You are Maren Holt {payload}", "examples": "train-01:q01 train-02:q02"}
    judging = judging_of(judgements, len(questions))
    return results.model_copy(
        update={"general": tuple(general), "prompts": told, "judging": judging}
    )


def make_context(payload: str = "") -> Context:
    """What the report shows beside the results."""
    return Context(
        speaker=f"Maren Holt {payload}",
        subject=f"keeping bees {payload}",
        base=f"models/sample-base{payload}",
        timestamp="2026-11-22T17:00:00+00:00",
        parts=(
            PartCount(part="train", rows=1420, videos=118),
            PartCount(part="valid", rows=141, videos=15),
            PartCount(part="test", rows=28, videos=7),
        ),
        accounts=(
            account("questions", "question", produced=1709, dropped=["too_many"] * 12),
            account("answers", "answer", produced=1701, dropped=["unsupported"] * 8),
            account("dedup", "row", produced=1670, dropped=["near_duplicate"] * 31),
            account(
                "split", "row", produced=1589, dropped=["near_heldout"] * 60 + ["off_topic"] * 21
            ),
        ),
        costs=(("Training", f"12 min for 80,000 learned tokens, on cpu {payload}"),),
        metrics=METRICS,
        training={
            "train.learning_rate": "0.001",
            "train.epochs": "6",
            "train.base": f"models/sample-base {payload}",
            "lora.rank": "8",
            "lora.scale": "20.0",
            "train.batch_size": "8",
            "train.mask_prompt": "true",
        },
        commit="4a2a234c0ffee0123456789abcdef0123456789a",
        commands=("git checkout 4a2a234", f"understudy train --config config/demo.yaml {payload}"),
    )
