"""Divide the rows by video and purge what leaks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.artifacts import Artifact, fresh, publish, read_record, recipe, write_json
from understudy.leak import LeakReport, leak_report
from understudy.rows import ROWS, account_of, read_rows, rows_writer
from understudy.settings import SplitSettings
from understudy.split import VERSION, Assignment, split_rows_by_video
from understudy.workspace import Workspace

FOLDER = "4-split"
LEAK = "leak.json"
ASSIGNMENT = "split.json"


@task(name="split", task_run_name="split", **STAGE)
def split_rows(
    workspace: Workspace, rows: Artifact, *, settings: SplitSettings
) -> Outcome | State[Outcome]:
    """Publish all rows with their part, and how much leaks with and without this split.

    What each video was given is remembered in the channel's `split.json`, outside the stages: it
    is not made again from its inputs, and a video keeps its part while others come and go.

    Raises:
        EmptySplitError: A part has no video; says what to change.
    """
    folder = workspace.stages / FOLDER
    made_of = recipe("split", VERSION, inputs={ROWS: rows.sha256}, settings={"split": settings})
    if (ready := fresh(folder, made_of)) and ready.account:
        return from_manifest(folder, ready.account, ready.resolved(folder))

    before = read_rows(rows.path)
    remembered = workspace.data / ASSIGNMENT
    after, assignment = split_rows_by_video(before, settings, _remembered(remembered))
    leak = leak_report(after, settings)
    account = account_of("split", before, after).model_copy(update={"notes": _notes(leak)})
    write_json(remembered, assignment)
    writers = {ROWS: rows_writer(after), LEAK: partial(write_json, value=leak)}
    files = publish(folder, writers, made_of, account)

    get_run_logger().info("%s; %d purged from train", leak.claims[0], leak.purged_rows)
    return Outcome(account=account, files=files, folder=folder)


def _remembered(path: Path) -> Assignment | None:
    return read_record(path, Assignment) if path.exists() else None


def _notes(leak: LeakReport) -> tuple[str, ...]:
    held = leak.before
    return (
        *leak.claims,
        (
            f"a random row split would put {held.rows_sharing_video} of {held.held_out_rows} held-out "
            f"rows into videos of train and {held.rows_near_duplicate} near a train question; this one "
            f"{leak.after.rows_sharing_video} and {leak.after.rows_near_duplicate}"
        ),
    )
