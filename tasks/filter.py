"""Judge every row by named checks and drop those that the policies refuse."""

from __future__ import annotations

from collections import Counter

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy import quality
from understudy.artifacts import Artifact, fresh, publish, recipe
from understudy.rows import ROWS, account_of, read_rows, rows_writer
from understudy.settings import FilterSettings
from understudy.workspace import Workspace

FOLDER = "3-filter"


@task(name="filter", task_run_name="filter", **STAGE)
def filter_rows(
    workspace: Workspace, rows: Artifact, *, settings: FilterSettings, language: str
) -> Outcome | State[Outcome]:
    """Publish all rows with their findings, those with a fatal one dropped."""
    folder = workspace.stages / FOLDER
    made_of = recipe(
        "filter",
        quality.VERSION,
        inputs={ROWS: rows.sha256, "language": language},
        settings={"filter": settings},
    )
    if (ready := fresh(folder, made_of)) and ready.account:
        return from_manifest(folder, ready.account, ready.resolved(folder))

    before = read_rows(rows.path)
    after = quality.filter_rows(before, settings, language)
    findings = Counter(name for row in after for name in row.findings)
    notes = tuple(f"{name} {count}" for name, count in sorted(findings.items()))
    account = account_of("filter", before, after).model_copy(update={"notes": notes})
    files = publish(folder, {ROWS: rows_writer(after)}, made_of, account)

    get_run_logger().info("%d of %d rows pass", account.produced, account.requested)
    return Outcome(account=account, files=files, folder=folder)
