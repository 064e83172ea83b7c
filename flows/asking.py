"""Both passes over every transcript: ask, then answer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from flows.frame import lost, tell
from flows.teacher_meter import metered
from flows.workers import Run, Workers, here
from tasks.answers import write_answers
from tasks.project import Project
from tasks.questions import write_questions
from tasks.teacher import open_teacher
from understudy.accounting import Account, account, merge
from understudy.errors import DataError, UnderstudyError
from understudy.passes import pending, transcripts_in
from understudy.records import Video
from understudy.teacher.protocol import Teacher
from understudy.teacher.together import together
from understudy.videos import VideoLedger


async def ask(
    project: Project, workers: Workers | None = None, only: Collection[str] | None = None
) -> list[Account]:
    """Both passes over every transcript, the second of a video right after its first.

    So the transcript, which both share as their prompt's beginning, is still in
    the provider's cache; the engine inside the teacher holds the limits.

    Args:
        only: Ids of the videos that are asked about; without, all.
    """
    videos = [one for one in transcribed(project) if only is None or one in only]
    if not videos:
        return []
    async with open_teacher(project) as teacher, metered(project, teacher, videos):
        run = workers.run if workers and _divides(project, teacher) else here
        turn = asyncio.Lock()
        pairs = await together(_in_turn(turn, project, video, teacher, run) for video in videos)
    accounts = [
        _summed("questions", "question", [asked for asked, _ in pairs]),
        _summed("answers", "answer", [answered for _, answered in pairs]),
    ]
    for one in accounts:
        tell(one)
    return accounts


def _divides(project: Project, teacher: Teacher) -> bool:
    """Whether workers would help: the teacher works itself, and has something to do.

    A paid teacher's calls stay in one process, which holds the ledger, the budget and the pace.
    """
    if project.settings.teacher.kind != "offline":
        return False
    workspace = project.workspace
    try:
        left = pending(transcripts_in(workspace), workspace, project.settings, teacher.fingerprint)
    except DataError:  # the pass over that video says it, and the others go on
        return True
    return bool(left.unasked or left.asked)


async def _in_turn(
    turn: asyncio.Lock, project: Project, video: str, teacher: Teacher, run: Run
) -> tuple[Account, Account]:
    """Begin one video after the other.

    Begun all at once they go forward in step, and the first call waits until every task run of a
    large channel has started.
    """
    async with turn:
        await asyncio.sleep(0)
    return await _both(project, video, teacher, run)


async def _both(
    project: Project, video: str, teacher: Teacher, run: Run
) -> tuple[Account, Account]:
    """Ask about one video, then answer what was asked; each pass that fails accounts for itself.

    A first pass that fails counts as the least number of questions a video gets: how many there
    would have been nobody knows.

    Raises:
        UnderstudyError: Nothing can go on.
    """
    settings = project.settings
    common = {
        "workspace": project.workspace,
        "video_id": video,
        "teacher": teacher,
        "channel": settings.channel,
    }
    try:
        questions = (await run(write_questions, **common, settings=settings.questions)).account
    except UnderstudyError as error:
        none = account("answers", "answer", produced=0)
        return lost("questions", "question", count=settings.questions.minimum, error=error), none
    try:
        answers = (await run(write_answers, **common, settings=settings.answers)).account
    except UnderstudyError as error:
        return questions, lost("answers", "answer", count=questions.produced, error=error)
    return questions, answers


def _summed(stage: str, unit: str, parts: Sequence[Account]) -> Account:
    """Add up the videos' accounts; of what they have to say, the first three are enough."""
    whole = merge(stage, unit, parts)
    return whole.model_copy(update={"notes": whole.notes[:3]})


def transcribed(project: Project) -> list[str]:
    """Ids of the videos that have a transcript, in the ledger's order."""
    return [one.video_id for one in listed(project) if one.status == "transcribed"]


def listed(project: Project) -> tuple[Video, ...]:
    """What is known of the channel's videos."""
    return VideoLedger.open(project.workspace.videos).videos
