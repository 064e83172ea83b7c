"""Keep one row of each cluster of near-duplicate questions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.artifacts import Artifact, write_jsonl
from understudy.dedup import VERSION, Cluster, Deduplicated, Search, deduplicate_rows
from understudy.manifests import fresh, publish, recipe
from understudy.meanings import open_encoder, without_paraphrases
from understudy.quality import VERSION as CHECKS_VERSION
from understudy.quality import defects
from understudy.rows import ROWS, account_of, rows_writer
from understudy.settings import DedupSettings
from understudy.similarity.pairs import near_pairs
from understudy.table import table
from understudy.workspace import Workspace

FOLDER = "2-deduplicate"
CLUSTERS = "clusters.jsonl"
SAME_MEANING = "same_meaning.jsonl"


@task(name="dedup", task_run_name="dedup", **STAGE)
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

    before = table(rows.path)
    found = deduplicate_rows(before, settings, defects=defects, search=search)
    alike: tuple[Cluster, ...] = ()
    if settings.semantic != "keep":
        encode = open_encoder(settings.semantic_model)
        found, alike = without_paraphrases(found, settings, encode=encode, defects=defects)
    account = account_of("dedup", before, found.rows)
    account = account.model_copy(update={"notes": (*_notes(found), *_on_meaning(settings, alike))})
    writers = {
        ROWS: rows_writer(found.rows),
        CLUSTERS: partial(write_jsonl, rows=found.clusters),
    }
    if settings.semantic != "keep":
        writers[SAME_MEANING] = partial(write_jsonl, rows=alike)
    files = publish(folder, writers, made_of, account)

    get_run_logger().info(
        "%d of %d rows left, %d clusters", account.produced, account.requested, len(found.clusters)
    )
    return Outcome(account=account, files=files, folder=folder)


def _notes(found: Deduplicated) -> tuple[str, ...]:
    conflicting = sum(cluster.conflicting for cluster in found.clusters)
    notes = [f"{len(found.clusters)} clusters from {found.pairs} pairs"] if found.clusters else []
    if conflicting:
        notes.append(f"answers disagree in {conflicting} of them: see stages/{FOLDER}/{CLUSTERS}")
    if found.split_clusters:
        notes.append(f"{found.split_clusters} clusters over max_cluster were divided")
    return tuple(notes)


def _on_meaning(settings: DedupSettings, alike: Sequence[Cluster]) -> tuple[str, ...]:
    if settings.semantic == "keep":
        return ()
    others = sum(len(cluster.members) - 1 for cluster in alike)
    done = "removed" if settings.semantic == "drop" else "reported"
    return (
        f"{others} questions that mean what another one means {done}: see stages/{FOLDER}/{SAME_MEANING}",
    )
