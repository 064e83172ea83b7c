"""A paid teacher against the local server, for tests and benchmarks."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.openai_server import Behaviour, Server, serve
from understudy.answers import accept_answers
from understudy.questions import accept_questions, shortfall
from understudy.records import Answer, Dropped, Question, Segment, Transcript
from understudy.settings import Settings, load_settings
from understudy.teacher.calling.tally import Randomness
from understudy.teacher.openai_teacher import OpenAITeacher
from understudy.teacher.opening import open_openai_teacher
from understudy.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
_SYLLABLES = ("ba", "ker", "lin", "mo", "tas", "ven", "ru", "dol", "pi", "shan", "gor", "ele")


@dataclass
class Bench:
    """One teacher, its server and where its files lie."""

    teacher: OpenAITeacher
    server: Server
    workspace: Workspace
    settings: Settings
    again: list[str] = field(default_factory=list)
    """What it said of calls that are made again."""


def make_transcript(video_id: str = "talk01", *, words: int = 700) -> Transcript:
    """A talk of invented words, the same for the same id, with a segment for ten of them."""
    rng = random.Random(video_id)
    spoken = ["".join(rng.choices(_SYLLABLES, k=rng.randint(3, 4))) for _ in range(words)]
    segments = tuple(
        Segment(start=at * 0.4, end=(at + 10) * 0.4, text=" ".join(spoken[at : at + 10]))
        for at in range(0, words, 10)
    )
    return Transcript(
        video_id=video_id,
        title=f'Talk <{video_id}> "about" things',
        language="en",
        origin="local",
        timing="estimated",
        duration_s=words * 0.4,
        segments=segments,
    )


def make_settings(address: str, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The demo's settings with a paid teacher at `address`; quick to retry."""
    teacher = {
        "kind": "openai",
        "base_url": address,
        "model": "gpt-5-mini",
        "retry_delay_s": 0.01,
        "timeout_s": 5,
    }
    given = dict(overrides or {})
    changes = {**given, "teacher": {**teacher, **given.get("teacher", {})}}
    return load_settings(ROOT / "config" / "demo.yaml", changes)


def make_workspace(folder: Path, channel: str = "demo") -> Workspace:
    """A channel's folders under a root that has the project's prompts and prices."""
    config = folder / "config"
    if not config.exists():
        config.symlink_to(ROOT / "config")
    return Workspace(root=folder, channel=channel)


async def two_passes(
    one: Any, talk: Transcript, count: int
) -> tuple[tuple[Question, ...], tuple[Answer, ...], list[Dropped]]:
    """Questions and answers of one talk, after the rules, with what was dropped."""
    settings, name = one.settings, one.teacher.name
    drafts = await one.teacher.write_questions(talk, count=count)
    questions, refused = accept_questions(
        drafts.drafts, talk, settings.channel, settings.questions, name
    )
    replies = await one.teacher.write_answers(talk, questions)
    lost = {drop.id for drop in replies.dropped}
    left = [question for question in questions if question.id not in lost]
    answers, unfit = accept_answers(
        replies.drafts, left, talk, settings.channel, settings.answers, name
    )
    absent = shortfall(count, drafts.drafts, drafts.dropped, talk.video_id)
    assert count == len(questions) + len(drafts.dropped) + len(refused) + len(absent)
    assert len(questions) == len(answers) + len(unfit) + len(replies.dropped)
    return questions, answers, [*drafts.dropped, *refused, *absent, *replies.dropped, *unfit]


@asynccontextmanager
async def bench(
    folder: Path, behaviour: Behaviour | None = None, **overrides: Any
) -> AsyncGenerator[Bench]:
    """Start a server and open a teacher on it.

    Args:
        overrides: Settings by section, such as `teacher={"max_retries": 0}`.
    """
    server, runner = await serve(behaviour or Behaviour())
    try:
        async with teaching(folder, server, **overrides) as one:
            yield one
    finally:
        await runner.cleanup()


@asynccontextmanager
async def teaching(folder: Path, server: Server, **overrides: Any) -> AsyncGenerator[Bench]:
    """Open a teacher on a server that runs."""
    settings = make_settings(server.address, overrides)
    workspace = make_workspace(folder)
    chance = Randomness(jitter=random.Random(0))
    again: list[str] = []
    async with open_openai_teacher(settings, workspace, chance, again=again.append) as teacher:
        yield Bench(teacher, server, workspace, settings, again)
