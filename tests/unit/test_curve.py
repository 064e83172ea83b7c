"""The loss curve is drawn from whatever was measured."""

from __future__ import annotations

import pytest

from understudy.training.curve import loss_curve
from understudy.training.metrics import Metrics, as_lists

LINES = [
    Metrics(iteration=0, epoch=0, val_loss=4.0, val_loss_se=0.1),
    Metrics(iteration=1, epoch=0.5, train_loss=3.5, learning_rate=1e-4),
    Metrics(iteration=2, epoch=1, train_loss=3.0, val_loss=3.2, learning_rate=5e-5),
]


@pytest.mark.parametrize("lines", [LINES, LINES[:1], LINES[1:2], []])
def test_it_is_a_png_whatever_was_measured(lines):
    assert loss_curve(lines, title="a $5 talk", best=2).startswith(b"\x89PNG")


def test_the_same_lines_give_the_same_bytes():
    assert loss_curve(LINES, title="t", best=2) == loss_curve(LINES, title="t", best=2)


def test_lists_are_of_equal_length_and_empty_where_nothing_was_measured():
    lists = as_lists(LINES, {"seed": 1})

    assert {len(value) for name, value in lists.items() if name != "config"} == {3}
    assert lists["iterations"] == [0, 1, 2]
    assert lists["train_loss"] == [None, 3.5, 3.0]
