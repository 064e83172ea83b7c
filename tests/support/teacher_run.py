"""Both passes over invented talks, to be measured or killed."""

from __future__ import annotations

import asyncio
import random
import resource
import time
from pathlib import Path
from typing import Any

from tests.support.teachers import make_settings, make_transcript, make_workspace
from understudy.answers import accept_answers
from understudy.errors import UnderstudyError
from understudy.questions import accept_questions, shortfall
from understudy.records import Answer, Transcript
from understudy.teacher.calling.tally import Randomness
from understudy.teacher.openai_teacher import OpenAITeacher
from understudy.teacher.opening import open_openai_teacher

TALK_WORDS = 300


async def both_passes(
    teacher: OpenAITeacher, settings: Any, talk: Transcript, count: int
) -> dict[str, int]:
    """Ask and answer one talk; counts of all that was requested."""
    drafts = await teacher.write_questions(talk, count=count)
    questions, refused = accept_questions(
        drafts.drafts, talk, settings.channel, settings.questions, teacher.name, most=count
    )
    absent = shortfall(count, drafts.drafts, drafts.dropped, talk.video_id)
    replies = await teacher.write_answers(talk, questions)
    lost = {one.id for one in replies.dropped}
    answers, unfit = accept_answers(
        replies.drafts,
        [one for one in questions if one.id not in lost],
        talk,
        settings.channel,
        settings.answers,
        teacher.name,
    )
    return {
        "planned": count,
        "questions": len(questions),
        "questions_dropped": len(refused) + len(drafts.dropped) + len(absent),
        "answers": len(answers),
        "answers_dropped": len(unfit) + len(replies.dropped),
        "mispaired": sum(not _fits(answer) for answer in answers),
    }


def _fits(answer: Answer) -> bool:
    """The server begins each answer with a word of the question that it was asked."""
    return answer.answer.split()[0].strip("*").casefold() in answer.question.casefold()


async def run(
    root: Path, address: str, *, videos: int, count: int, **teacher: Any
) -> dict[str, Any]:
    """Run all talks at once; totals, time and what the engine counted."""
    overrides = {"teacher": teacher, "questions": {"maximum": max(count, 3), "minimum": 1}}
    settings = make_settings(address, overrides)
    talks = [make_transcript(f"talk{n:04d}", words=TALK_WORDS) for n in range(videos)]
    cpu, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    async with open_openai_teacher(
        settings, make_workspace(root), Randomness(jitter=random.Random(0))
    ) as one:
        results = await asyncio.gather(
            *(both_passes(one, settings, talk, count) for talk in talks), return_exceptions=True
        )
    spent = resource.getrusage(resource.RUSAGE_SELF)
    failed = [str(result) for result in results if isinstance(result, UnderstudyError)]
    bugs = [result for result in results if isinstance(result, BaseException)]
    if len(bugs) > len(failed):
        raise next(bug for bug in bugs if not isinstance(bug, UnderstudyError))
    done = [result for result in results if isinstance(result, dict)]
    totals = {key: sum(one[key] for one in done) for key in done[0]} if done else {}
    return {
        **totals,
        "failed": failed,
        "seconds": time.monotonic() - began,
        "cpu_s": spent.ru_utime + spent.ru_stime - cpu.ru_utime - cpu.ru_stime,
        "calls": one.engine.counts.calls,
        "reused": one.engine.counts.reused,
        "quarantined": one.engine.counts.quarantined,
        "throttled": one.engine.counts.throttled,
    }
