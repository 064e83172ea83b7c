"""What must hold before any figure means something."""

from __future__ import annotations

from collections.abc import Mapping

from understudy.proof.records import Controls, Evidence
from understudy.proof.thresholds import Thresholds

REMEDY: Mapping[str, str] = {
    "finite": "Lower the learning rate and train again: a loss that is no number says nothing.",
    "videos": "Hold out more videos (split.test), or collect more, then train and evaluate again.",
    "leak": "Build the dataset again, splitting by video, and train on that.",
    "inert": "Train again: the adapter that was loaded changes nothing. Check that the run "
    "finished and that learning rate and scale are not zero.",
    "mask": "Build the dataset again and train again: no row has an answer that could be learnt.",
    "template": "Evaluate with the chat template that was trained with, or train again.",
}


def control_rows(one: Controls, limits: Thresholds) -> tuple[Evidence, ...]:
    """The controls that were checked; `supports` says whether each was passed."""
    rows = [
        _row(
            "finite",
            one.not_finite == 0,
            "Every loss is a number.",
            f"The loss of {one.not_finite} questions is not a number.",
        ),
        _row(
            "videos",
            one.test_videos >= limits.min_test_videos,
            f"{one.test_videos} videos are held out.",
            f"Only {one.test_videos} videos are held out, {limits.min_test_videos} are the least "
            "that have an interval.",
        ),
    ]
    if one.shared_videos is not None and one.shared_rows is not None:
        rows.append(
            _row(
                "leak",
                one.shared_videos == 0 and one.shared_rows == 0,
                "No held-out video and no held-out row stands in train.",
                f"{one.shared_videos} held-out videos and {one.shared_rows} held-out rows also "
                "stand in train.",
            )
        )
    if one.largest_shift is not None:
        rows.append(
            _row(
                "inert",
                one.largest_shift > limits.inert_shift,
                "The adapter changes the model.",
                "The adapter changes no answer's loss: it is empty or was not applied.",
            )
        )
    if one.trained_tokens is not None:
        rows.append(
            _row(
                "mask",
                one.trained_tokens > 0,
                f"Training took a loss on {one.trained_tokens:,} tokens.",
                "Training took a loss on no token: the mask hid every answer.",
            )
        )
    if one.template_same is not None:
        rows.append(
            _row(
                "template",
                one.template_same,
                "Training and evaluation used the same chat template.",
                "Training and evaluation used different chat templates.",
            )
        )
    return tuple(rows)


def _row(name: str, passed: bool, good: str, bad: str) -> Evidence:  # noqa: FBT001
    return Evidence(name=name, says=good if passed else bad, supports=passed)
