"""Add variants of training rows, and replay rows, to train alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy import augment
from understudy.accounting import account
from understudy.artifacts import Artifact, file_digest, fresh, publish, recipe
from understudy.errors import ConfigError
from understudy.paraphrase import paraphrase
from understudy.quality import VERSION as CHECKS_VERSION
from understudy.records import Row
from understudy.rows import ROWS, kept, read_rows, rows_writer
from understudy.settings import AugmentSettings, FilterSettings
from understudy.workspace import Workspace

FOLDER = "5-augment"


@task(name="augment", task_run_name="augment", **STAGE)
def augment_rows(
    workspace: Workspace,
    rows: Artifact,
    *,
    settings: AugmentSettings,
    checks: FilterSettings,
    language: str,
    purge_threshold: float,
) -> Outcome | State[Outcome]:
    """Publish all rows and, after them, the variants, kept or dropped.

    Args:
        checks: The filter's settings: a variant passes what its source passed.
        purge_threshold: The split's: no variant is nearer to a held-out question.

    Raises:
        ConfigError: The replay file lies outside the project or is not there.
        RowError: A line of it is no chat row.
    """
    folder, replay = workspace.stages / FOLDER, _replay_file(workspace, settings)
    inputs = {ROWS: rows.sha256, "language": language, "purge_threshold": f"{purge_threshold:g}"}
    if replay:
        inputs["replay"] = file_digest(replay)
    made_of = recipe(
        "augment",
        f"{augment.VERSION}.{CHECKS_VERSION}",
        inputs=inputs,
        settings={"augment": settings, "filter": checks},
    )
    if (ready := fresh(folder, made_of)) and ready.account:
        return from_manifest(folder, ready.account, ready.resolved(folder))

    before = read_rows(rows.path)
    drafts = augment.planned_variants(
        before, settings, reword=partial(paraphrase, language=language), language=language
    )
    if replay:
        drafts += augment.replayed(augment.read_replays(replay), before, settings)
    variants = augment.checked_variants(
        drafts, before, checks=checks, language=language, threshold=purge_threshold
    )
    one = account(
        "augment",
        "variant",
        produced=len(kept(variants)),
        dropped=[row.reason for row in variants if row.reason],
    )
    files = publish(folder, {ROWS: rows_writer([*before, *_sorted(variants)])}, made_of, one)

    get_run_logger().info("%d variants planned, %d kept", one.requested, one.produced)
    return Outcome(account=one, files=files, folder=folder)


def _sorted(variants: Sequence[Row]) -> list[Row]:
    return sorted(variants, key=lambda row: row.id)


def _replay_file(workspace: Workspace, settings: AugmentSettings) -> Path | None:
    if settings.replay_file is None or settings.replay_share == 0:
        return None
    path = (workspace.root / settings.replay_file).resolve()
    if not path.is_relative_to(workspace.root.resolve()):
        raise ConfigError(f"augment.replay_file {settings.replay_file} lies outside the project")
    if not path.is_file():
        raise ConfigError(f"augment.replay_file {settings.replay_file} does not exist")
    return path
