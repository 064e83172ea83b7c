"""Have rows judged by a model that reads the transcript."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.artifacts import Artifact
from understudy.audit import FOLDER, VERSION, Auditor, Opinion, audited_rows, to_audit
from understudy.manifests import fresh, publish, recipe
from understudy.records import Row
from understudy.rows import ROWS, account_of, rows_writer
from understudy.settings import AuditSettings
from understudy.table import Rows, is_kept, table
from understudy.workspace import Workspace


@task(name="audit", task_run_name="audit", **STAGE)
async def audit_rows(
    workspace: Workspace, rows: Artifact, *, settings: AuditSettings, auditor: Auditor
) -> Outcome | State[Outcome]:
    """Publish all rows, those with a fault marked or dropped.

    Args:
        auditor: Asked only when the stage has to be made; a paid one finds in the ledger what it
            judged before.

    Raises:
        TeacherError: It cannot go on. Run again: what was judged is kept.
    """
    folder = workspace.stages / FOLDER
    made_of = recipe(
        "audit",
        VERSION,
        inputs={ROWS: rows.sha256, **auditor.fingerprint},
        settings={"audit": settings},
    )
    if (ready := fresh(folder, made_of)) and ready.account:
        return from_manifest(folder, ready.account, ready.resolved(folder))

    before = table(rows.path)
    videos = {row.video_id for row in before if is_kept(row)}
    offered = to_audit(before, {v for v in videos if workspace.transcript(v).exists()})
    opinions = await auditor.judge(offered)
    after = audited_rows(before, opinions, settings.policy)
    account = account_of("audit", before, after)
    account = account.model_copy(update={"notes": _notes(before, offered, opinions)})
    files = publish(folder, {ROWS: rows_writer(after)}, made_of, account)

    get_run_logger().info("%d of %d rows judged", len(opinions), account.requested)
    return Outcome(account=account, files=files, folder=folder)


def _notes(before: Rows, offered: Sequence[Row], opinions: Sequence[Opinion]) -> tuple[str, ...]:
    faults = Counter(fault for opinion in opinions for fault in opinion.faults)
    notes = [f"{fault} {count}" for fault, count in sorted(faults.items())]
    untranscribed = sum(map(is_kept, before)) - len(offered)
    if untranscribed:
        notes.append(f"{untranscribed} rows have no transcript and were not judged")
    if silent := len(offered) - len(opinions):
        notes.append(f"no usable opinion on {silent} rows")
    return tuple(notes)
