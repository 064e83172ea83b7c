"""Gather the answers of all videos and all imported pairs into one table of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.artifacts import file_digest
from understudy.errors import EmptyStageError
from understudy.manifests import fresh, publish, recipe
from understudy.records import Answer, Dropped
from understudy.review import read_review, review_inputs, review_rows
from understudy.rows import (
    ROWS,
    VERSION,
    has_odd_hyphens,
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

    offered = _Offered(documents, bundles)
    rows = rows_of(offered.answers(), offered.refused)
    if not offered.count:
        raise EmptyStageError(
            f"the channel {workspace.channel} has no answers yet: none of {len(video_ids)} videos "
            "was answered and nothing was imported. Look at the stages before this one"
        )
    marks = [mark for mark in read_review(workspace) if not mark.of_variant]
    reviewed = review_rows(rows, marks)
    notes = offered.notes() + reviewed.notes(marks)
    account = rows_account(reviewed.rows).model_copy(update={"notes": notes})
    files = publish(folder, {ROWS: rows_writer(reviewed.rows)}, made_of, account)

    get_run_logger().info("%d rows, %d of them usable", files[ROWS].rows, account.produced)
    return Outcome(account=account, files=files, folder=folder)


class _Offered:
    """Hands on the answers one by one, and counts what there is to say about them."""

    def __init__(self, documents: Sequence[Path], bundles: Sequence[Path]) -> None:
        self._documents, self._bundles = documents, bundles
        self.refused: list[Dropped] = []
        """Complete once all answers are handed on."""
        self.count = 0
        self._hyphens = 0

    def answers(self) -> Iterator[Answer]:
        for path in self._documents:
            items, dropped = read_answers(path)
            self.refused += dropped
            yield from map(self._counted, items)
        for path in self._bundles:
            yield from map(self._counted, read_bundle(path))

    def _counted(self, answer: Answer) -> Answer:
        self.count += 1
        self._hyphens += has_odd_hyphens(answer)
        return answer

    def notes(self) -> tuple[str, ...]:
        notes: list[str] = []
        if self._hyphens:
            notes.append(f"{self._hyphens} answers had U+2011 hyphens: normalised")
        if self.refused:
            notes.append(f"{len(self.refused)} refused by the passes before are listed too")
        return tuple(notes)
