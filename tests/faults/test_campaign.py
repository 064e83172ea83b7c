"""One planted fault of each kind. All of them: `make bench-faults`; docs/FAULTS.md has the table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.faults.plan import FILES, KILLS, kinds, plan
from tests.support.faults.world import STAGES

ROOT = Path(__file__).resolve().parents[2]


def test_a_campaign_is_the_same_for_the_same_seed_and_covers_what_it_promises() -> None:
    faults = plan(7)

    assert faults == plan(7) != plan(8)
    assert len({one.id for one in faults}) == len(faults) >= 200
    assert {one.kind for one in faults} == set(kinds())
    for stage in STAGES:
        assert sum((one.kind, one.stage) == ("kill", stage) for one in faults) == KILLS
    for kind in ("truncated", "garbled", "swapped"):
        assert {one.stage for one in faults if one.kind == kind} == {name for name, _ in FILES}


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_one_fault_of_each_kind_costs_nothing(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    first = {one.kind: one.id for one in reversed(plan(7))}

    wanted = [part for name in first.values() for part in ("--id", name)]
    done = subprocess.run(
        [sys.executable, "benchmarks/faults.py", "--results", str(results), *wanted],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])["figures"]
    bad = ("lost", "paid_twice", "wrong_datasets", "tracebacks", "untold")
    assert {name: figures[name] for name in bad} == dict.fromkeys(bad, 0)
    assert figures["faults"] + figures["not_planted"] == len(first)
