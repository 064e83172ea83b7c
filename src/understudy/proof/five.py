"""The five questions that everybody asks after a training."""

from __future__ import annotations

from collections.abc import Mapping

from understudy.proof.records import Answer, Curve, Measure
from understudy.proof.thresholds import Thresholds
from understudy.proof.wording import number, percent
from understudy.records import Record


class Reproduction(Record):
    """What is known about repeating the run."""

    commit: str | None = None
    changed: bool | None = None
    """The checkout had changes that no commit holds."""
    dataset_same: bool | None = None
    """The dataset on disk is the one that was trained on, by digest."""
    seed: int | None = None


def five_answers(
    measures: Mapping[str, Measure],
    curve: Curve | None,
    reproduction: Reproduction,
    limits: Thresholds,
) -> tuple[Answer, ...]:
    """Answer each, or say that it was not measured."""
    return (
        _validation(curve),
        _style(measures, limits),
        _form(measures, limits),
        _generalises(measures.get("loss_per_token"), limits),
        _reproducible(reproduction),
    )


def _validation(curve: Curve | None) -> Answer:
    question = "Did the validation loss fall?"
    if curve is None or curve.val_first is None or curve.val_best is None:
        return Answer(
            question=question,
            answer="not measured",
            because="The run has no validation loss in its metrics.",
        )
    fell = curve.val_best < curve.val_first
    return Answer(
        question=question,
        answer="yes" if fell else "no",
        because=(
            f"From {number(curve.val_first)} before training to {number(curve.val_best)} at update "
            f"{curve.val_best_at} of {curve.updates}."
            if fell
            else f"It was {number(curve.val_first)} before training and never lower after it."
        ),
    )


def _style(measures: Mapping[str, Measure], limits: Thresholds) -> Answer:
    question = "Does it match the style?"
    form, length = measures.get("form_distance"), measures.get("length_error")
    if form is None or length is None:
        return Answer(question=question, answer="not measured", because="No answer was generated.")
    speaker, teacher = measures.get("voice_speaker"), measures.get("voice_teacher")
    near = [form.tuned <= limits.form_kept, length.tuned <= limits.length_kept]
    says = (
        f"Its form is {percent(form.tuned)} off the references' (base {percent(form.base)}), its "
        f"length off by a factor of {2**length.tuned:.1f} (base {2**length.base:.1f})."
    )
    if speaker is None or teacher is None:
        voice = (
            "Whether the voice is the speaker's was not measured: it takes transcripts, and voices "
            "that can be told apart."
        )
    else:
        near.append(speaker.tuned >= (speaker.reference or 0) - limits.voice_kept)
        voice = (
            f"By their words {percent(speaker.tuned)} of its answers sound like the speaker's talks "
            f"and {percent(teacher.tuned)} like the teacher's answers (of the references "
            f"{percent(speaker.reference or 0)} and {percent(teacher.reference or 0)})."
        )
    whole = speaker is not None and all(near)
    return Answer(
        question=question,
        answer="yes" if whole else "partly" if any(near) else "no",
        because=f"{says} {voice}",
    )


def _form(measures: Mapping[str, Measure], limits: Thresholds) -> Answer:
    question = "Is the form kept?"
    form = measures.get("form_distance")
    if form is None:
        return Answer(question=question, answer="not measured", because="No answer was generated.")
    shares = "; ".join(
        f"{mark} {percent(measures[f'form_{mark}'].tuned)} "
        f"(references {percent(measures[f'form_{mark}'].reference or 0)})"
        for mark in ("bold", "list", "paragraphs")
    )
    return Answer(
        question=question,
        answer="yes" if form.tuned <= limits.form_kept else "no",
        because=f"Share of answers with {shares}.",
    )


def _generalises(loss: Measure | None, limits: Thresholds) -> Answer:
    question = "Does it generalise to unseen videos?"
    if loss is None:
        return Answer(question=question, answer="not measured", because="No loss is a number.")
    if loss.ci95 is None:
        return Answer(
            question=question,
            answer="not measured",
            because=f"{loss.n_videos} held-out videos are too few for an interval.",
        )
    low, high = loss.ci95
    because = (
        f"On {loss.n_videos} held-out videos the loss changes by {number(loss.diff)} nats per "
        f"token, interval {number(low)} to {number(high)}."
    )
    if high < 0 and loss.diff <= -limits.loss_that_matters:
        return Answer(question=question, answer="yes", because=because)
    certain = low > -limits.loss_that_matters
    return Answer(question=question, answer="no" if certain else "unclear", because=because)


def _reproducible(known: Reproduction) -> Answer:
    question = "Can it be reproduced?"
    missing = [
        text
        for text, absent in (
            ("the commit is not known", known.commit is None),
            ("the code had uncommitted changes", bool(known.changed)),
            ("the dataset on disk is not the one it was trained on", known.dataset_same is False),
            ("no seed is recorded", known.seed is None),
        )
        if absent
    ]
    if missing:
        return Answer(question=question, answer="no", because=f"{'; '.join(missing)}.".capitalize())
    return Answer(
        question=question,
        answer="unclear",
        because=(
            f"Everything needed is recorded (commit {(known.commit or '')[:10]}, seed "
            f"{known.seed}, the dataset's digest), but no second run was compared with this one."
        ),
    )
