"""Pass 2: one task run per video."""

from __future__ import annotations

import asyncio

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import RETRIED, STAGE, Outcome, cached
from understudy.accounting import account
from understudy.answers import accept_answers
from understudy.artifacts import read_record, write_json
from understudy.manifests import fresh_document
from understudy.passes import Answers, Questions, answers_recipe
from understudy.settings import AnswerSettings, ChannelSettings
from understudy.teacher.protocol import Teacher
from understudy.transcripts import read_transcript
from understudy.workspace import Workspace


@task(name="answers", task_run_name="answers · {video_id}", **RETRIED, **STAGE)
async def write_answers(
    workspace: Workspace,
    video_id: str,
    *,
    teacher: Teacher,
    channel: ChannelSettings,
    settings: AnswerSettings,
) -> Outcome | State[Outcome]:
    """Answer one video's questions and write `answers/<id>.json`.

    Raises:
        UnderstudyError: Transcript or questions are missing, or the teacher cannot go on.
    """
    transcript = read_transcript(workspace.transcript(video_id))
    questions = read_record(workspace.questions(video_id), Questions).items
    path = workspace.answers(video_id)
    made_by = answers_recipe(
        transcript, questions, teacher.fingerprint, channel=channel, settings=settings
    )
    if done := fresh_document(path, Answers, made_by):
        reused = done.account.model_copy(update={"reused": done.account.produced})
        return cached(Outcome(account=reused), path)

    drafts = await teacher.write_answers(transcript, questions)
    lost = {one.id for one in drafts.dropped}
    open_questions = [question for question in questions if question.id not in lost]
    kept, refused = accept_answers(
        drafts.drafts, open_questions, transcript, channel, settings, teacher.name
    )
    dropped = (*refused, *drafts.dropped)
    counts = account(
        "answers", "answer", produced=len(kept), dropped=[one.reason for one in dropped]
    )
    document = Answers(recipe=made_by, items=kept, dropped=dropped, account=counts)
    # In a thread: the disk is waited for, and meanwhile other calls end.
    artifact = await asyncio.to_thread(write_json, path, document)
    get_run_logger().info("%s: %d of %d answers", video_id, len(kept), counts.requested)
    return Outcome(account=counts, files={path.name: artifact})
