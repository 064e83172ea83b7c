"""Take in a file of pairs, questions or transcripts that somebody already has."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, cached
from understudy.artifacts import Artifact, file_digest
from understudy.errors import DataError
from understudy.importing import read_any
from understudy.importing.shelve import (
    Report,
    bundle_path,
    imported_before,
    report_path,
    shelve,
)
from understudy.text.typography import clean
from understudy.workspace import Workspace


@task(name="import", task_run_name="import · {path.name}", **STAGE)
def import_file(workspace: Workspace, path: Path, *, language: str) -> Outcome | State[Outcome]:
    """Read a file, tell by its content what it is, and put it where the line goes on from it.

    Args:
        language: BCP 47 code for transcripts that do not name theirs.

    Raises:
        DataError: The file cannot be used; nothing of it was taken.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path} to import")
    digest = file_digest(path)
    if before := imported_before(workspace, digest):
        outcome = _outcome(workspace, before)
        counts = outcome.account.model_copy(update={"reused": outcome.account.produced})
        return cached(
            outcome.model_copy(update={"account": counts}), report_path(workspace, digest)
        )

    imported = read_any(path, language=language)
    report = shelve(workspace, imported, source=clean(path.name)[:200], digest=digest)

    get_run_logger().info(
        "%s: %s, %d of them not taken", report.source, report.description, len(report.dropped)
    )
    return _outcome(workspace, report)


def _outcome(workspace: Workspace, report: Report) -> Outcome:
    files = {"report": _artifact(report_path(workspace, report.sha256))}
    if report.bundle is not None:
        files["pairs"] = _artifact(bundle_path(workspace, report.sha256))
    note = f"{report.source}: {report.description}"
    return Outcome(account=report.account.model_copy(update={"notes": (note,)}), files=files)


def _artifact(path: Path) -> Artifact:
    return Artifact(path=path, sha256=file_digest(path), bytes=path.stat().st_size)
