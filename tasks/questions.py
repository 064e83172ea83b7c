"""Pass 1: one task run per video."""

from __future__ import annotations

import asyncio

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import RETRIED, STAGE, Outcome, cached
from understudy.accounting import account
from understudy.artifacts import write_json
from understudy.manifests import fresh_document
from understudy.passes import Questions, questions_recipe
from understudy.questions import accept_questions, planned_count, shortfall
from understudy.settings import ChannelSettings, QuestionSettings
from understudy.teacher.protocol import Teacher
from understudy.transcripts import read_transcript
from understudy.workspace import Workspace


@task(name="questions", task_run_name="questions · {video_id}", **RETRIED, **STAGE)
async def write_questions(
    workspace: Workspace,
    video_id: str,
    *,
    teacher: Teacher,
    channel: ChannelSettings,
    settings: QuestionSettings,
) -> Outcome | State[Outcome]:
    """Ask about one video and write `questions/<id>.json`.

    Raises:
        UnderstudyError: The transcript is missing, or the teacher cannot go on.
    """
    transcript = read_transcript(workspace.transcript(video_id))
    path = workspace.questions(video_id)
    made_by = questions_recipe(transcript, teacher.fingerprint, channel=channel, settings=settings)
    if done := fresh_document(path, Questions, made_by):
        reused = done.account.model_copy(update={"reused": done.account.produced})
        return cached(Outcome(account=reused), path)

    count = planned_count(transcript, settings)
    drafts = await teacher.write_questions(transcript, count=count)
    kept, refused = accept_questions(drafts.drafts, transcript, channel, settings, teacher.name)
    lost = (*drafts.dropped, *shortfall(count, drafts.drafts, drafts.dropped, video_id))
    dropped = (*refused, *lost)
    counts = account(
        "questions", "question", produced=len(kept), dropped=[one.reason for one in dropped]
    )
    document = Questions(recipe=made_by, items=kept, dropped=dropped, account=counts)
    # In a thread: the disk is waited for, and meanwhile other calls end.
    artifact = await asyncio.to_thread(write_json, path, document)
    get_run_logger().info("%s: %d of %d questions", video_id, len(kept), counts.requested)
    return Outcome(account=counts, files={path.name: artifact})
