"""Judge every row by named checks and drop those that the policies refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy import quality
from understudy.accounting import Account, account
from understudy.artifacts import BATCH_ROWS, Artifact, batched
from understudy.manifests import fresh, publish, recipe
from understudy.records import Row
from understudy.rows import ROWS, iter_rows, rows_writer
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

    tally = _Tally()
    judged = tally.counted(_judged(rows.path, settings, language))
    files = publish(folder, {ROWS: rows_writer(judged)}, made_of, tally.account)

    account = tally.account()
    get_run_logger().info("%d of %d rows pass", account.produced, account.requested)
    return Outcome(account=account, files=files, folder=folder)


def _judged(path: Path, settings: FilterSettings, language: str) -> Iterator[tuple[Row, Row]]:
    """Each row before and after, a batch at a time; a share to keep needs all of them at once."""
    rows = iter_rows(path)
    batches = batched(rows, BATCH_ROWS) if settings.keep_share is None else [list(rows)]
    for batch in batches:
        yield from zip(batch, quality.filter_rows(batch, settings, language), strict=True)


class _Tally:
    """Counts the rows on their way to the file."""

    def __init__(self) -> None:
        self._produced = 0
        self._reasons: list[str] = []
        self._flagged: Counter[str] = Counter()
        self._unproven = 0

    def counted(self, pairs: Iterable[tuple[Row, Row]]) -> Iterator[Row]:
        for before, after in pairs:
            unproven = after.generator == "import" and "unsupported" in after.findings
            self._unproven += unproven
            if after.status == "kept":
                self._produced += 1
                said = {"unsupported"} if unproven else set[str]()
                self._flagged.update(set(after.findings) - said)
            if before.status == "kept" and after.reason is not None:
                self._reasons.append(after.reason)
            yield after

    def account(self) -> Account:
        flagged = ", ".join(f"{count} {name}" for name, count in sorted(self._flagged.items()))
        notes = (f"flagged {flagged}",) if flagged else ()
        if self._unproven:
            notes = (*notes, f"imported without a quote, so support is unknown: {self._unproven}")
        one = account("filter", "row", produced=self._produced, dropped=self._reasons)
        return one.model_copy(update={"notes": notes})
