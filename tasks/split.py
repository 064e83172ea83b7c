"""Divide the rows by video and purge what leaks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.artifacts import Artifact, file_digest, read_record, write_json
from understudy.leak import LeakReport, leak_report
from understudy.manifests import fresh, publish, recipe
from understudy.rows import ROWS, account_of, rows_writer
from understudy.settings import SplitSettings
from understudy.split import FOLDER, VERSION, Assignment, draw_digest, split_rows_by_video
from understudy.table import table
from understudy.workspace import Workspace

LEAK = "leak.json"
ASSIGNMENT = "assignment.json"


@task(name="split", task_run_name="split", **STAGE)
def split_rows(
    workspace: Workspace, rows: Artifact, *, settings: SplitSettings
) -> Outcome | State[Outcome]:
    """Publish all rows with their part, and how much leaks with and without this split.

    What each video was given is remembered in the channel's `splits/`, outside the stages and one
    file per draw: it is not made again from its inputs, a video keeps its part while others come
    and go, and trying another salt forgets nothing.

    Raises:
        EmptySplitError: A part has no video; says what to change.
    """
    folder = workspace.stages / FOLDER
    made_of = recipe("split", VERSION, inputs={ROWS: rows.sha256}, settings={"split": settings})
    remembered = workspace.data / "splits" / f"{draw_digest(settings)[:12]}.json"
    ready = fresh(folder, made_of)
    if ready and ready.account and _same(remembered, ready.files[ASSIGNMENT]):
        return from_manifest(folder, ready.account, ready.resolved(folder))

    before = table(rows.path)
    after, assignment = split_rows_by_video(before, settings, _remembered(remembered))
    leak = leak_report(after, settings)
    account = account_of("split", before, after).model_copy(update={"notes": _notes(leak)})
    write_json(remembered, assignment)
    writers = {
        ROWS: rows_writer(after),
        LEAK: partial(write_json, value=leak),
        ASSIGNMENT: partial(write_json, value=assignment),
    }
    files = publish(folder, writers, made_of, account)

    get_run_logger().info("%s; %d purged from train", leak.claims[0], leak.purged_rows)
    return Outcome(account=account, files=files, folder=folder)


def _same(remembered: Path, published: Artifact) -> bool:
    """Whether what is remembered is still what the published rows were divided by."""
    return remembered.exists() and file_digest(remembered) == published.sha256


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
