"""Judge every row by named checks and drop those that the policies refuse."""

from __future__ import annotations

from collections import Counter
from functools import cache

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy import quality
from understudy.accounting import Account
from understudy.artifacts import Artifact
from understudy.manifests import fresh, publish, recipe
from understudy.rows import ROWS, account_of, rows_writer
from understudy.settings import FilterSettings
from understudy.table import Rows, is_kept, table
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

    before, after = table(rows.path), table(folder / ROWS)
    judged = quality.filter_rows(before, settings, language)
    # Counted in the file: to judge a row takes far longer than to read it.
    counted = cache(lambda: _account(before, after))
    files = publish(folder, {ROWS: rows_writer(judged)}, made_of, counted)

    account = counted()
    get_run_logger().info("%d of %d rows pass", account.produced, account.requested)
    return Outcome(account=account, files=files, folder=folder)


def _account(before: Rows, after: Rows) -> Account:
    unproven = 0
    flagged: Counter[str] = Counter()
    for row in after:
        unknown = row.generator == "import" and "unsupported" in row.findings
        unproven += unknown
        if is_kept(row):
            flagged.update(name for name in row.findings if not (unknown and name == "unsupported"))
    notes: list[str] = []
    if flagged:
        counts = (f"{count} {name}" for name, count in sorted(flagged.items()))
        notes.append(f"flagged {', '.join(counts)}")
    if unproven:
        notes.append(f"imported without a quote, so support is unknown: {unproven}")
    return account_of("filter", before, after).model_copy(update={"notes": tuple(notes)})
