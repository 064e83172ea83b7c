"""What is tried again, and how a run's name and a form tell of it."""

from __future__ import annotations

import pytest
from prefect.client.schemas.objects import TaskRun
from prefect.states import Failed

from flows import frame
from flows.pipeline import pipeline
from flows.sweep import sweep_flow
from tasks.policy import try_again
from tasks.questions import write_questions
from understudy.accounting import account
from understudy.artifacts import Artifact
from understudy.errors import BudgetError, TeacherBusyError
from understudy.workspace import Workspace


@pytest.fixture
def run():
    """A task run at the end of its first attempt."""
    return TaskRun(
        task_key="questions",
        dynamic_key="0",
        name="questions · talk-1",
        run_count=1,
    )


def test_each_attempt_after_the_first_is_numbered_in_the_name(run):
    busy = Failed(data=TeacherBusyError("503"))

    names = []
    for attempt in (1, 2):
        run.run_count = attempt
        assert try_again(write_questions, run, busy)
        names.append(run.name)

    assert names == ["questions · talk-1 · attempt 2", "questions · talk-1 · attempt 3"]


@pytest.mark.parametrize("error", [BudgetError("the cap"), ZeroDivisionError()])
def test_what_would_fail_again_and_a_bug_are_not_tried_again(run, error):
    assert not try_again(write_questions, run, Failed(data=error))
    assert run.name == "questions · talk-1"


def test_the_form_offers_the_project_s_configs_and_sweeps(root):
    offered = pipeline.parameters.properties["config"]["enum"]
    sweeps = sweep_flow.parameters.properties["sweep"]["enum"]

    assert {"config/demo.yaml", "config/jason_fung.yaml"} <= set(offered)
    assert "config/prices.yaml" not in offered
    assert "config/sweeps/learning_rate.yaml" in sweeps
    assert all((root / name).is_file() for name in (*offered, *sweeps))


@pytest.mark.anyio
async def test_a_run_shows_what_went_in_and_out_and_where_its_files_lie(tmp_path, monkeypatch):
    shown = []

    async def show(*, table, key, description):
        shown.append((key, table))

    monkeypatch.setattr(frame, "acreate_table_artifact", show)
    workspace = Workspace(tmp_path, "demo")
    folder = workspace.stages / "3-filter"
    files = {
        "rows.parquet": Artifact(path=folder / "rows.parquet", sha256="0", bytes=1, rows=7),
        "notes.json": Artifact(path=folder / "notes.json", sha256="0", bytes=1),
    }

    accounts = [account("filter", "row", produced=7), account("split", "row", produced=7)]
    await frame.conclude("x", accounts, {"filter": frame.place_of(workspace, files)})

    assert [key for key, _ in shown] == ["x-account", "x-files"]
    assert shown[1][1] == [
        {"stage": "filter", "file": "data/demo/stages/3-filter/notes.json"},
        {"stage": "filter", "file": "data/demo/stages/3-filter/rows.parquet (7 rows)"},
    ]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
