"""What another seed may do, from a sweep's trainings: pooled, found by content, said beside the gain."""

from __future__ import annotations

import random
from statistics import stdev

import pytest

from tests.support.proof import CONTROLS, CURVE, REPRODUCTION, measure
from understudy.artifacts import write_json
from understudy.manifests import publish, recipe
from understudy.proof.seeds import seed_noise
from understudy.proof.verdict import judge
from understudy.sweep.finding import sweeps_on
from understudy.sweep.result import RESULT, Combination, RungScore, SweepResult
from understudy.workspace import Workspace


def sweep(*losses, dropped=()):
    """One combination for each list of losses over seeds."""
    return SweepResult(
        seeds=tuple(range(max(map(len, losses)))),
        rungs=(1.0,),
        combinations=tuple(
            Combination(
                values={"train.learning_rate": 10.0**-number},
                rungs=(RungScore(update=9, loss=1.0, error=0.0, seeds=tuple(own)),),
                dropped_at=9 if number in dropped else None,
            )
            for number, own in enumerate(losses)
        ),
        recommended=0,
        tied=(),
        updates_spent=9,
        updates_of_full_grid=9,
        remarks=(),
    )


def test_the_spread_within_settings_is_pooled_and_that_between_them_left_out():
    noise = seed_noise([("a", sweep((1.0, 1.2), (3.0, 3.4), (5.0, 5.2)))], 0.95)

    assert noise.spread == pytest.approx(((0.02 + 0.08 + 0.02) / 3) ** 0.5)
    assert (noise.trainings, noise.settings) == (6, 3)


def test_another_seed_lies_within_the_luck_as_often_as_promised():
    draw, held = random.Random(2), 0
    for _ in range(1500):
        losses = [[draw.gauss(mean, 0.1) for _ in range(3)] for mean in (1.0, 2.0)]
        noise = seed_noise([("a", sweep(*losses))], 0.95)
        held += abs(draw.gauss(0, 0.1) - draw.gauss(0, 0.1)) <= noise.luck

    assert held / 1500 == pytest.approx(0.95, abs=0.017)


@pytest.mark.parametrize(
    "result",
    [
        sweep((1.0,), (2.0,)),
        sweep((1.0, None), (None, None)),
        sweep((1.0, 1.1), dropped=(0,)),
    ],
    ids=["one seed", "diverged", "dropped on the way"],
)
def test_a_sweep_that_tells_nothing_of_seeds_gives_no_figure(result):
    assert seed_noise([("a", result)], 0.95) is None


def test_the_sweep_with_the_most_trainings_speaks():
    found = seed_noise([("few", sweep((1.0, 1.3))), ("many", sweep((1.0, 1.1, 1.2)))], 0.95)

    assert found.sweep == "many"
    assert found.spread == pytest.approx(stdev((1.0, 1.1, 1.2)))


def verdict(losses):
    noise = seed_noise([("a1b2", sweep(losses))], 0.95)
    controls = CONTROLS.model_copy(update={"seed_noise": noise})
    measures = {"loss_per_token": measure(2.0, 1.8, (-0.25, -0.15))}
    found = judge(measures, controls, CURVE, reproduction=REPRODUCTION)
    return found.name, {row.name: row for row in found.evidence}.get("seed_noise")


def test_a_gain_beyond_luck_is_said_to_be():
    name, row = verdict((1.0, 1.01, 0.99))

    assert name == "LEARNED"
    assert row.supports
    assert "another seed may move the loss by 0.061, and here it moved by 0.200" in row.says


def test_a_gain_that_another_seed_could_undo_speaks_against():
    assert not verdict((0.9, 1.0, 1.1))[1].supports


def test_without_a_sweep_nothing_is_said():
    measures = {"loss_per_token": measure(2.0, 1.8, (-0.25, -0.15))}

    found = judge(measures, CONTROLS, CURVE, reproduction=REPRODUCTION)

    assert "seed_noise" not in {row.name for row in found.evidence}


def test_sweeps_are_found_by_dataset_and_base_and_only_when_whole(tmp_path):
    workspace = Workspace(root=tmp_path, channel="bees")
    found = sweep((1.0, 1.2))

    def shelve(name, **inputs):
        folder = workspace.models / "sweeps" / name
        made_of = recipe("sweep", "1", inputs={"train.jsonl": "t", "base/weights": "w", **inputs})
        publish(folder, {RESULT: lambda path: write_json(path, found)}, made_of)
        return folder

    shelve("aaa")
    shelve("bbb", **{"train.jsonl": "another"})
    shelve("ccc", **{"base/weights": "another"})
    (shelve("ddd") / "manifest.json").unlink()

    assert sweeps_on(workspace, {"train.jsonl": "t", "base/weights": "w"}) == {"aaa": found}
