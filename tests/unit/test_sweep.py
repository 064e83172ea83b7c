"""Who goes on, what is recommended, and what is called a tie."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from understudy.errors import ConfigError
from understudy.settings import load_settings
from understudy.sweep.halving import Loss, Score, rung_updates, score, survivors, tied
from understudy.sweep.result import Sweep
from understudy.sweep.settings import LogRange, SweepSettings, load_sweep, train_settings
from understudy.sweep.showing import recommendation, sweep_figure, sweep_plot, sweep_table

ROOT = Path(__file__).resolve().parents[2]
TRAIN = load_settings(ROOT / "config" / "demo.yaml").train


def settings(**changes):
    values = {
        "set": {},
        "grid": {"train.learning_rate": [1e-5, 1e-4, 1e-3]},
        "ranges": {},
        "seeds": [1, 2],
        "rungs": [0.5, 1],
        "keep": 0.5,
    }
    return SweepSettings.model_validate({**values, **changes})


# --- what is tried ---------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "sweeps").glob("*.yaml")))
def test_every_committed_sweep_can_be_trained_on_the_demo(path):
    sweep = load_sweep(path)

    for choice in sweep.choices:
        assert train_settings(TRAIN, sweep, choice, 7).seed == 7


def test_the_seed_s_three_rates_and_a_logarithmic_range_are_committed():
    rates = [
        [
            one["train.learning_rate"]
            for one in load_sweep(ROOT / f"config/sweeps/{name}.yaml").choices
        ]
        for name in ("seed", "learning_rate")
    ]

    assert rates[0] == [5e-6, 1e-5, 2e-5]
    assert (rates[1][0], rates[1][4], rates[1][-1]) == (1e-5, 1e-4, 1e-3)


def test_a_logarithmic_range_has_equal_ratios_and_both_ends():
    assert LogRange(low=1e-5, high=1e-3, count=5).values == (1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3)


def test_of_several_settings_every_combination_is_tried_nested_ones_too():
    sweep = settings(
        grid={"train.lora.rank": [4, 8], "train.epochs": [1, 2]}, set={"train.batch_size": 2}
    )

    tried = [train_settings(TRAIN, sweep, one, 3) for one in sweep.choices]

    assert [(one.lora.rank, one.epochs) for one in tried] == [(4, 1), (4, 2), (8, 1), (8, 2)]
    assert {(one.batch_size, one.seed) for one in tried} == {(2, 3)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"grid": {}},
        {"rungs": [0.5, 0.2, 1]},
        {"rungs": [0.5]},
        {"ranges": {"train.learning_rate": {"low": 1, "high": 2, "count": 2}}},
        {"grid": {"learning_rate": [1]}},
        {"seeds": []},
        {"of_mine": 1},
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="validation error"):
        settings(**wrong)


@pytest.mark.parametrize(
    "choice", [{"train.lora.alpha": 3}, {"train.learning_rat": 1}, {"train.learning_rate": -1.0}]
)
def test_a_setting_that_no_training_has_is_refused_by_name(choice):
    with pytest.raises(ConfigError, match=next(iter(choice)).removeprefix("train.").split(".")[-1]):
        train_settings(TRAIN, settings(), choice, 1)


# --- who goes on -------------------------------------------------------------------------


def test_a_score_is_the_mean_of_the_seeds_and_its_standard_error():
    assert score([Loss(1.0, 9.0), Loss(3.0, 9.0)]) == Score(2.0, 1.0)
    assert score([Loss(1.0, 0.25)]) == Score(1.0, 0.25)
    assert score([Loss(1.0, None), Loss(inf, None)]).loss == inf


@pytest.mark.parametrize(
    ("keep", "left"), [(0.5, [1, 2]), (0.6, [0, 1, 2]), (0.1, [1, 2]), (1, [0, 1, 2])]
)
def test_the_best_share_goes_on_at_least_two_and_none_that_diverged(keep, left):
    scores = {0: Score(3, 0), 1: Score(1, 0), 2: Score(2, 0), 3: Score(inf, 0)}

    assert survivors(scores, keep) == left


def test_rungs_stand_at_validations_and_the_last_at_the_end():
    assert rung_updates([0.15, 0.45, 1], updates=76, every=10) == (10, 30, 76)
    assert rung_updates([0.01, 1], updates=5, every=10) == (5, 5)


def test_a_tie_is_a_difference_within_a_standard_error():
    assert tied(Score(1.09, 0.05), Score(1.0, 0.1))
    assert tied(Score(1.09, 0.1), Score(1.0, 0.0))
    assert not tied(Score(1.11, 0.1), Score(1.0, 0.1))
    assert not tied(Score(inf, 0.0), Score(1.0, 0.1))


# --- what is found ------------------------------------------------------------------------


def run(curves, *, seeds=(1, 2), keep=0.5, shares=(0.5, 1), updates=20):
    """Sweep along known curves: for each choice, its losses at each rung; seeds differ by 0.01."""
    choices = [{"train.learning_rate": 10.0**-number} for number in range(len(curves))]
    rungs = [tuple(int(share * updates) for share in shares)] * len(curves)
    state = Sweep(choices=choices, seeds=seeds, shares=shares, rungs=rungs, keep=keep)
    while (place := state.place) is not None:
        losses = {n: [Loss(curves[n][place] + 0.01 * s, 0.1) for s in seeds] for n in state.alive}
        state.take(losses)
    return state.result()


def test_the_best_at_the_end_is_recommended_and_the_updates_are_counted():
    found = run([(3.0, 0), (2.0, 1.0), (1.9, 1.2), (2.5, 0)])

    assert found.recommended == 1
    assert [one.dropped_at for one in found.combinations] == [10, None, None, 10]
    assert (found.updates_spent, found.updates_of_full_grid) == (4 * 2 * 10 + 2 * 2 * 10, 160)
    assert found.tied == ()


def test_one_that_was_dropped_early_and_could_not_be_told_apart_then_is_a_tie():
    found = run([(2.0, 1.0), (2.001, 1.5), (2.004, 9)])

    assert found.recommended == 0
    assert found.tied == (2,)
    assert "tied with it, within a standard error: learning_rate 0.01" in recommendation(found)


def test_the_edge_of_what_was_tried_is_said():
    assert any("edge" in one for one in run([(1.0, 1.0), (2, 2), (3, 3)]).remarks)
    assert not any("edge" in one for one in run([(2.0, 2.0), (1, 1), (3, 3)]).remarks)


def test_where_everything_diverges_nothing_is_recommended():
    found = run([(inf, inf), (inf, inf)])

    assert found.recommended is None
    assert found.combinations[0].rungs[0].loss is None
    assert "diverged" in recommendation(found)[-1]


def test_one_seed_is_said_to_be_luck():
    assert any("One seed" in one for one in run([(1.0, 1.0), (2, 2)], seeds=(1,)).remarks)


def test_the_plot_and_the_table_take_every_outcome():
    for found in (run([(3.0, 0), (2.0, 1.0), (inf, 0), (1.9, 1.2)]), run([(inf, inf)] * 2)):
        assert sweep_plot(found).startswith(b"\x89PNG")
        assert sweep_table(found).row_count == len(found.combinations)


@pytest.mark.parametrize(("worst", "scale"), [(9.0, "log"), (1.5, "linear")])
def test_a_loss_many_times_the_others_does_not_press_them_into_one_line(worst, scale):
    (axes,) = sweep_figure(run([(worst, worst), (1.0, 0.9), (1.1, 1.0)])).axes

    assert axes.get_yscale() == scale
    assert ("logarithmic" in axes.get_ylabel()) == (scale == "log")


def test_what_diverged_is_named_where_it_cannot_be_drawn():
    (axes,) = sweep_figure(run([(inf, 0), (1.0, 0.9), (1.1, 1.0)])).axes

    assert axes.get_title(loc="left").endswith("diverged: learning_rate 1")


def test_everything_that_a_sweep_lacks_is_named_at_once(tmp_path):
    (tmp_path / "mine.yaml").write_text("grid: {train.learning_rate: [1.0e-4, 1.0e-5]}\n")

    with pytest.raises(
        ConfigError, match=r"it lacks set, ranges, seeds, rungs, keep; .* every key"
    ):
        load_sweep(tmp_path / "mine.yaml")
