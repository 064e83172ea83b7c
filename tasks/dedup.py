"""Keep one row of each cluster of near-duplicate questions."""

from __future__ import annotations

from functools import partial

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.artifacts import Artifact, fresh, publish, recipe, write_jsonl
from understudy.dedup import VERSION, Deduplicated, Search, deduplicate_rows
from understudy.pairs import near_pairs
from understudy.quality import VERSION as CHECKS_VERSION
from understudy.quality import defects
from understudy.rows import ROWS, account_of, read_rows, rows_writer
from understudy.settings import DedupSettings
from understudy.workspace import Workspace

FOLDER = "2-deduplicate"
CLUSTERS = "clusters.jsonl"


@task(name="dedup", task_run_name="deduplicate", **STAGE)
def deduplicate(
    workspace: Workspace, rows: Artifact, *, settings: DedupSettings, search: Search = near_pairs
) -> Outcome | State[Outcome]:
    """Publish all rows with duplicates dropped, and the clusters with conflicting answers.

    Args:
        search: Finds the pairs; whichever it is, the result is the same.
    """
    folder = workspace.stages / FOLDER
    made_of = recipe(
        "dedup",
        f"{VERSION}.{CHECKS_VERSION}",
        inputs={ROWS: rows.sha256},
        settings={"dedup": settings},
    )
    if (ready := fresh(folder, made_of)) and ready.account:
        return from_manifest(folder, ready.account, ready.resolved(folder))

    before = read_rows(rows.path)
    found = deduplicate_rows(before, settings, defects=defects, search=search)
    account = account_of("dedup", before, found.rows)
    account = account.model_copy(update={"notes": _notes(found)})
    writers = {
        ROWS: rows_writer(found.rows),
        CLUSTERS: partial(write_jsonl, rows=found.clusters),
    }
    files = publish(folder, writers, made_of, account)

    get_run_logger().info(
        "%d of %d rows left, %d clusters", account.produced, account.requested, len(found.clusters)
    )
    return Outcome(account=account, files=files, folder=folder)


def _notes(found: Deduplicated) -> tuple[str, ...]:
    conflicting = sum(cluster.conflicting for cluster in found.clusters)
    notes = [f"{len(found.clusters)} clusters from {found.pairs} pairs"]
    if conflicting:
        notes.append(f"answers disagree in {conflicting} clusters: see {CLUSTERS}")
    if found.split_clusters:
        notes.append(f"{found.split_clusters} clusters over max_cluster were divided")
    return tuple(notes)
