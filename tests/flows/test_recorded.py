"""A command that starts a server of its own, and stops it right after its flow, loses no record."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.support.project import QUICK, make_project

TALKS = 12


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_every_task_run_of_a_command_is_on_record_with_its_end(tmp_path):
    project = make_project(tmp_path, talks=TALKS)

    for _ in range(2):
        for command in ("collect", "build-dataset"):
            ran = project.run(command, "--config", "config/demo.yaml", settings=QUICK, limit_s=300)
            assert ran.status == 0, ran.said

    with closing(sqlite3.connect(project.root / ".prefect" / "prefect.db")) as database:
        runs = database.execute("select name, state_type, state_name from task_run").fetchall()
    assert {kind for _, kind, _ in runs} == {"COMPLETED"}
    for stage in ("questions", "answers"):
        ends = [end for name, _, end in runs if name.startswith(f"{stage} · ")]
        assert sorted(ends) == ["Cached"] * TALKS + ["Completed"] * TALKS
