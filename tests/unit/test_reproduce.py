"""Each input that is another now is named, and how far a repetition came out is a figure."""

from __future__ import annotations

import copy

import pytest

from understudy.runs.inputs import differences
from understudy.runs.outcome import TOLERANCE, judge

THEN = {
    "dataset": {"sha256": {"train.jsonl": "a" * 64, "valid.jsonl": "b" * 64}},
    "base": {"sha256": {"weights": "w", "config": "c", "tokenizer": "t", "template": "j"}},
    "hyperparameters": {"learning_rate": 1e-4, "lora": {"rank": 8}, "system_prompt": None},
    "environment": {
        "python": "3.11",
        "blas": "openblas",
        "packages": {"mlx": "0.32", "numpy": "2"},
    },
    "lock": "l" * 64,
}


def planted(*path, value="other"):
    now = copy.deepcopy(THEN)
    inside = now
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return now


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("dataset", "sha256", "train.jsonl"), "the dataset's train.jsonl"),
        (("base", "sha256", "weights"), "the base's weights"),
        (("base", "sha256", "tokenizer"), "the base's tokenizer"),
        (("base", "sha256", "template"), "the base's chat template"),
        (("hyperparameters", "lora", "rank"), "the setting train.lora.rank"),
        (("hyperparameters", "system_prompt"), "the setting train.system_prompt"),
        (("environment", "packages", "mlx"), "the package mlx"),
        (("lock",), "the lock file"),
    ],
)
def test_one_planted_change_is_the_one_that_is_named(path, name):
    (found,) = differences(THEN, planted(*path))

    assert (found.name, found.now, found.decides) == (name, "other", True)


def test_nothing_changed_is_no_difference():
    assert differences(THEN, copy.deepcopy(THEN)) == []


def test_another_machine_is_noted_and_does_not_decide():
    (found,) = differences(THEN, planted("environment", "blas"))

    assert not found.decides
    assert str(found) == "blas: openblas then, other now"


def test_a_file_that_is_gone_and_one_that_is_new_are_both_named():
    now = planted("dataset", "sha256", value={"train.jsonl": "a" * 64, "test.jsonl": "x"})

    assert [str(one) for one in differences(THEN, now)] == [
        "the dataset's valid.jsonl: bbbbbbbbbbbb… then, none now",
        "the dataset's test.jsonl: none then, x now",
    ]


def metrics(*losses):
    return {"iterations": [0, 5], "train_loss": [None, losses[0]], "val_loss": list(losses[1:])}


@pytest.mark.parametrize(
    ("again", "same_adapter", "outcome", "largest", "at"),
    [
        (metrics(1.0, 2.0, 3.0), True, "identical", 0.0, None),
        (metrics(1.0, 2.0, 3.0), False, "within tolerance", 0.0, None),
        (metrics(1.0, 2.0, 3.0 + TOLERANCE / 2), False, "within tolerance", TOLERANCE / 2, 5),
        (metrics(1.0, 2.0 + 3 * TOLERANCE, 3.0), False, "different", 3 * TOLERANCE, 0),
        (metrics(1.0, 2.0, None), False, "different", None, None),
        ({**metrics(1.0, 2.0, 3.0), "iterations": [0, 6]}, True, "different", None, None),
    ],
)
def test_how_far_a_repetition_came_out(again, same_adapter, outcome, largest, at):
    found = judge(
        metrics(1.0, 2.0, 3.0), again, same_adapter=same_adapter, differences=(), timestamp="t"
    )

    assert found.outcome == outcome
    assert found.largest_difference == (None if largest is None else pytest.approx(largest))
    assert found.at_update in ({at} if largest is not None else {None, 5})
