"""What must hold before any figure means something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt

from understudy.proof.records import Controls, Evidence, Heed
from understudy.proof.thresholds import Thresholds
from understudy.proof.wording import number, percent

REMEDY: Mapping[str, str] = {
    "finite": "Lower the learning rate and train again: a loss that is no number says nothing.",
    "videos": "Hold out more videos (split.test), or collect more, then train and evaluate again.",
    "leak": "Build the dataset again, splitting by video, and train on that.",
    "inert": "Train again: the adapter that was loaded changes nothing. Check that the run "
    "finished and that learning rate and scale are not zero.",
    "mask": "Build the dataset again and train again: no row has an answer that could be learnt.",
    "end": "Raise train.max_seq_length if rows are cut, see that the base's chat template ends an "
    "answer with the tokenizer's end of turn, and train again.",
    "template": "Evaluate with the chat template that was trained with, or train again.",
    "belongs": "See that each answer of train.jsonl stands beside its own question (pairing by "
    "order or by text shifts them), then build the dataset and train again.",
}


def control_rows(one: Controls, limits: Thresholds) -> tuple[Evidence, ...]:
    """The controls that were checked; `supports` says whether each was passed."""
    return tuple(row for check in CHECKS if (row := check(one, limits)) is not None)


def _finite(one: Controls, _: Thresholds) -> Evidence:
    return _row(
        "finite",
        one.not_finite == 0,
        "Every loss is a number.",
        f"The loss of {one.not_finite} questions is not a number.",
    )


def _videos(one: Controls, limits: Thresholds) -> Evidence:
    return _row(
        "videos",
        one.test_videos >= limits.min_test_videos,
        f"Held-out videos: {one.test_videos}.",
        f"Held-out videos: {one.test_videos}, and {limits.min_test_videos} are the least that have "
        "an interval.",
    )


def _leak(one: Controls, _: Thresholds) -> Evidence | None:
    if one.shared_videos is None or one.shared_rows is None:
        return None
    return _row(
        "leak",
        one.shared_videos == 0 and one.shared_rows == 0,
        "No held-out video and no held-out row stands in train.",
        f"{one.shared_videos} held-out videos and {one.shared_rows} held-out rows also "
        "stand in train.",
    )


def _inert(one: Controls, limits: Thresholds) -> Evidence | None:
    if one.largest_shift is None:
        return None
    return _row(
        "inert",
        one.largest_shift > limits.inert_shift,
        "The adapter changes the model.",
        "The adapter changes no answer's loss: it is empty or was not applied.",
    )


def _mask(one: Controls, _: Thresholds) -> Evidence | None:
    if one.trained_tokens is None:
        return None
    return _row(
        "mask",
        one.trained_tokens > 0,
        f"Training took a loss on {one.trained_tokens:,} tokens.",
        "Training took a loss on no token: the mask hid every answer.",
    )


def _end(one: Controls, limits: Thresholds) -> Evidence | None:
    if one.ends_learned is None:
        return None
    return _row(
        "end",
        one.ends_learned >= limits.ends_learned,
        f"The end of turn was trained in {percent(one.ends_learned)} of the rows.",
        f"The end of turn was trained in {percent(one.ends_learned)} of the rows: the model was "
        "not taught where an answer ends.",
    )


def _template(one: Controls, _: Thresholds) -> Evidence | None:
    if one.template_same is None:
        return None
    return _row(
        "template",
        one.template_same,
        "Training and evaluation used the same chat template.",
        "Training and evaluation used different chat templates.",
    )


def _belongs(one: Controls, limits: Thresholds) -> Evidence | None:
    """Nothing where the base cannot tell which held-out answer belongs to which question."""
    train, held_out = one.heeds_train, one.heeds_held_out
    if train is None or held_out is None or held_out.ci95 is None:
        return None
    if held_out.ci95[0] <= 0 or held_out.value < limits.loss_that_matters:
        return None
    figures = (
        f"{number(train.value)} nats per token likelier to the base, of held-out answers "
        f"{number(held_out.value)}."
    )
    less = train.value < limits.belongs * held_out.value
    return _row(
        "belongs",
        not (less and _certainly_less(train, held_out)),
        f"Training answers belong to their questions: its own question makes one {figures}",
        f"Training answers do not belong to their questions: its own question makes one {figures}",
    )


def _certainly_less(one: Heed, other: Heed) -> bool:
    """Whether the interval of the difference of two independent figures lies below zero.

    Source:
        G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures"
        (Statistics in Medicine 27, 2008): the distances of both limits are added as squares.
    """
    if one.ci95 is None or other.ci95 is None:
        return False
    above, below = one.ci95[1] - one.value, other.value - other.ci95[0]
    return one.value - other.value + sqrt(above**2 + below**2) < 0


CHECKS: tuple[Callable[[Controls, Thresholds], Evidence | None], ...] = (
    _finite,
    _videos,
    _leak,
    _inert,
    _mask,
    _end,
    _template,
    _belongs,
)


def _row(name: str, passed: bool, good: str, bad: str) -> Evidence:  # noqa: FBT001
    return Evidence(name=name, says=good if passed else bad, supports=passed)
