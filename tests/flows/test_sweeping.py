"""A sweep by the real command: trials as Prefect tasks, a recommendation, and nothing done twice."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.project import Ran, TestProject

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(900)]

DEMO = ("--config", "config/demo.yaml")
SWEEP = """
set: {train.epochs: 0.3, train.eval_every: 1, train.save_every: 1000}
grid: {train.learning_rate: [1.0e-6, 1.0e-3, 3.0e-4]}
ranges: {}
seeds: [1, 2]
rungs: [0.5, 1]
keep: 0.34
"""
TRIALS = {f"00{number}-{seed}" for number in range(3) for seed in (1, 2)}


@dataclass(frozen=True)
class Swept:
    """The command, what it left, and the same command again."""

    first: Ran
    again: Ran
    folder: Path
    trained: dict[str, tuple[int, int]]
    """By trial: its last update, and when that was written, before the second command."""


def trained(folder: Path) -> dict[str, tuple[int, int]]:
    files = folder.glob("trials/*/training_metrics.jsonl")
    return {
        path.parent.name: (
            json.loads(path.read_text().splitlines()[-1])["iteration"],
            path.stat().st_mtime_ns,
        )
        for path in files
    }


@pytest.fixture(scope="module")
def swept(project: TestProject) -> Swept:
    (project.root / "config" / "sweeps" / "three.yaml").write_text(SWEEP)
    for stage in ("collect", "build-dataset"):
        ran = project.run(stage, *DEMO)
        assert ran.status == 0, ran.said
    command = ("sweep", *DEMO, "--sweep", "config/sweeps/three.yaml")
    first = project.run(*command, "--verbose", limit_s=600)
    assert first.status == 0, first.said
    (folder,) = (project.root / "models" / "demo" / "sweeps").iterdir()
    before = trained(folder)
    again = project.run(*command)
    assert again.status == 0, again.said
    return Swept(first, again, folder, before)


def test_the_best_rate_is_recommended_with_its_table_and_its_plot(swept: Swept) -> None:
    found = json.loads((swept.folder / "sweep.json").read_text())

    assert found["combinations"][found["recommended"]]["values"] == {"train.learning_rate": 1e-3}
    assert "recommended: learning_rate 0.001" in swept.first.out
    assert (swept.folder / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_the_worst_is_dropped_at_the_first_rung_with_both_its_seeds(swept: Swept) -> None:
    found = json.loads((swept.folder / "sweep.json").read_text())
    rung, end = (one["update"] for one in found["combinations"][1]["rungs"])

    assert {name: at for name, (at, _) in swept.trained.items()} == {
        name: rung if name.startswith("000") else end for name in TRIALS
    }
    assert found["updates_spent"] == 2 * rung + 4 * end


def test_the_same_sweep_again_trains_nothing_and_says_the_same(swept: Swept) -> None:
    assert trained(swept.folder) == swept.trained
    assert swept.again.out.splitlines()[-6:] == swept.first.out.splitlines()[-6:]


def test_every_trial_is_a_task_run_of_its_own_at_each_rung(swept: Swept) -> None:
    told = re.findall(r"trial (\d{3}-\d) to update (\d+)", swept.first.said)

    assert {name for name, _ in told} == TRIALS
    assert len(set(told)) == len(TRIALS) + 4
