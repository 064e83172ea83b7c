"""The learning rate, counted in updates."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.settings import TrainSettings, load_settings
from understudy.training.schedule import learning_rate


@pytest.fixture
def settings(root: Path) -> TrainSettings:
    train = load_settings(root / "config" / "demo.yaml").train
    return train.model_copy(update={"learning_rate": 1e-3, "warmup_share": 0.1})


def test_it_rises_linearly_and_reaches_the_rate_at_the_end_of_the_warm_up(settings):
    rates = [learning_rate(update, 100, settings) for update in range(1, 12)]

    assert rates[:10] == pytest.approx([1e-4 * step for step in range(1, 11)])
    assert rates[10] == pytest.approx(1e-3)


@pytest.mark.parametrize(("schedule", "middle"), [("cosine", 0.5), ("linear", 0.5)])
def test_it_falls_to_zero_after_the_last_update(settings, schedule, middle):
    chosen = settings.model_copy(update={"schedule": schedule})
    rates = [learning_rate(update, 100, chosen) for update in range(11, 101)]

    assert rates == sorted(rates, reverse=True)
    assert rates[45] == pytest.approx(1e-3 * middle)
    assert 0 < rates[-1] < 0.02e-3 * 2
    assert learning_rate(101, 100, chosen) == pytest.approx(0)


def test_a_constant_rate_stays(settings):
    chosen = settings.model_copy(update={"schedule": "constant", "warmup_share": 0.0})

    assert {learning_rate(update, 7, chosen) for update in range(1, 8)} == {1e-3}


def test_a_single_update_has_a_rate(settings):
    assert learning_rate(1, 1, settings) == pytest.approx(1e-3)
