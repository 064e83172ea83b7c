"""Add variants of training rows, and replay rows, to train alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy import augment
from understudy.accounting import Account
from understudy.artifacts import Artifact, file_digest
from understudy.errors import ConfigError
from understudy.manifests import fresh, publish, recipe
from understudy.quality import VERSION as CHECKS_VERSION
from understudy.records import Dropped
from understudy.replay import read_replays, replayed
from understudy.review import read_review, review_inputs, review_rows
from understudy.rows import ROWS, fates_account, rows_writer
from understudy.settings import AugmentSettings, FilterSettings
from understudy.table import Packed, Rows, table
from understudy.variants import Writer, ordered, variant_rows
from understudy.workspace import Workspace, inside

FOLDER = "5-augment"
_PASSING = "teacher_failed"
"""What a writer could not deliver for a cause that may pass is asked for again next time."""


@task(name="augment", task_run_name="augment", **STAGE)
async def augment_rows(
    workspace: Workspace,
    rows: Artifact,
    *,
    settings: AugmentSettings,
    checks: FilterSettings,
    language: str,
    purge_threshold: float,
    writer: Writer,
) -> Outcome | State[Outcome]:
    """Publish all rows and, after them, the variants, kept or dropped.

    Args:
        checks: The filter's settings: a variant passes what its source passed.
        purge_threshold: The split's: no variant is nearer to a held-out question.
        writer: Asked only when the stage has to be made; a paid one finds in the ledger what it
            wrote before.

    Raises:
        ConfigError: The replay file lies outside the project or is not there.
        RowError: A line of it is no chat row.
        TeacherError: The paid writer cannot go on.
    """
    folder, replay = workspace.stages / FOLDER, _replay_file(workspace, settings)
    inputs = {ROWS: rows.sha256, "language": language, "purge_threshold": f"{purge_threshold:g}"}
    if replay:
        inputs["replay"] = file_digest(replay)
    made_of = recipe(
        "augment",
        f"{augment.VERSION}.{CHECKS_VERSION}",
        inputs=inputs | review_inputs(workspace) | dict(writer.fingerprint),
        settings={"augment": settings, "filter": checks},
    )
    ready = fresh(folder, made_of)
    if ready and ready.account and _PASSING not in ready.account.dropped:
        return from_manifest(folder, ready.account, ready.resolved(folder))

    before = table(rows.path)
    orders = ordered(before, settings, transcribed=_transcribed(workspace, before))
    written = await writer.write(orders)
    exchanges = replayed(read_replays(replay), before, settings) if replay else []
    drafts = Packed(chain(variant_rows(orders, written.drafts, before, language), exchanges))
    marks = [mark for mark in read_review(workspace) if mark.of_variant]
    reviewed = review_rows(drafts, marks)
    checked = augment.checked_variants(
        reviewed.rows, before, checks=checks, language=language, threshold=purge_threshold
    )
    variants = _sorted(Packed(checked))
    one = _account(variants, written.dropped, reviewed.notes(marks))
    files = publish(folder, {ROWS: rows_writer(chain(before, variants))}, made_of, one)

    get_run_logger().info("%d variants planned, %d kept", one.requested, one.produced)
    return Outcome(account=one, files=files, folder=folder)


def _account(variants: Rows, unwritten: Sequence[Dropped], notes: tuple[str, ...]) -> Account:
    fates = [row.reason for row in variants] + [one.reason for one in unwritten]
    one = fates_account("augment", fates, unit="variant")
    return one.model_copy(update={"notes": notes})


def _transcribed(workspace: Workspace, rows: Rows) -> set[str]:
    videos = {row.video_id for row in rows if row.part == "train" and row.kind == "original"}
    return {video for video in videos if workspace.transcript(video).exists()}


def _sorted(variants: Packed) -> Packed:
    names = [row.id for row in variants]
    return variants.arranged(sorted(range(len(names)), key=names.__getitem__))


def _replay_file(workspace: Workspace, settings: AugmentSettings) -> Path | None:
    if settings.replay_file is None or settings.replay_share == 0:
        return None
    path = inside(workspace.root, settings.replay_file)
    if path is None:
        raise ConfigError(f"augment.replay_file {settings.replay_file} lies outside the project")
    if not path.is_file():
        raise ConfigError(f"augment.replay_file {settings.replay_file} does not exist")
    return path
