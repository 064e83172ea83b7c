"""Gather the answers of all videos and all imported pairs into one table of rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.artifacts import file_digest, fresh, publish, recipe
from understudy.errors import EmptyStageError
from understudy.records import Answer, Dropped
from understudy.review import read_review, review_inputs, review_rows
from understudy.rows import (
    ROWS,
    VERSION,
    hyphens_normalised,
    read_answers,
    read_bundle,
    rows_account,
    rows_of,
    rows_writer,
)
from understudy.workspace import Workspace

FOLDER = "1-collect"


@task(name="rows", task_run_name="rows", **STAGE)
def collect_rows(workspace: Workspace, *, video_ids: Sequence[str]) -> Outcome | State[Outcome]:
    """Publish the rows of these videos' answers and of every imported bundle, as reviewed.

    Raises:
        EmptyStageError: There is neither.
        DataError: A file on disk is no such document; names it.
    """
    documents = sorted(
        path for video in set(video_ids) if (path := workspace.answers(video)).exists()
    )
    bundles = sorted(workspace.imports.glob("*.jsonl"))
    inputs = {f"{path.parent.name}/{path.name}": file_digest(path) for path in documents + bundles}
    folder = workspace.stages / FOLDER
    made_of = recipe("rows", VERSION, inputs=inputs | review_inputs(workspace))
    if (ready := fresh(folder, made_of)) and ready.account:
        return from_manifest(folder, ready.account, ready.resolved(folder))

    answers, refused = _read(documents, bundles)
    if not answers:
        raise EmptyStageError(
            f"the channel {workspace.channel} has no answers yet: none of {len(video_ids)} videos "
            "was answered and nothing was imported. Look at the stages before this one"
        )
    marks = [mark for mark in read_review(workspace) if not mark.of_variant]
    reviewed = review_rows(rows_of(answers, refused), marks)
    notes = _notes(answers, len(refused)) + reviewed.notes(marks)
    account = rows_account(reviewed.rows).model_copy(update={"notes": notes})
    files = publish(folder, {ROWS: rows_writer(reviewed.rows)}, made_of, account)

    get_run_logger().info("%d rows, %d of them usable", len(reviewed.rows), account.produced)
    return Outcome(account=account, files=files, folder=folder)


def _read(documents: Sequence[Path], bundles: Sequence[Path]) -> tuple[list[Answer], list[Dropped]]:
    answers: list[Answer] = []
    refused: list[Dropped] = []
    for path in documents:
        items, dropped = read_answers(path)
        answers += items
        refused += dropped
    for path in bundles:
        answers += read_bundle(path)
    return answers, refused


def _notes(answers: Sequence[Answer], refused: int) -> tuple[str, ...]:
    notes: list[str] = []
    if hyphens := hyphens_normalised(answers):
        notes.append(f"{hyphens} answers had U+2011 hyphens: normalised")
    if refused:
        notes.append(f"{refused} refused by the passes before are listed too")
    return tuple(notes)
