"""What a video that fails half-way leaves in the accounts, and what ends the flow."""

from __future__ import annotations

import asyncio

import pytest

from flows import asking
from flows.workers import here
from tasks.policy import Outcome
from tasks.project import open_project
from understudy.accounting import account, check_floor
from understudy.errors import BudgetError, TeacherBusyError, TeacherReplyError, YieldError
from understudy.teacher.together import together


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def project():
    return open_project("config/demo.yaml")


def passing(stage: str, produced: int):
    async def run(*_args, **_options) -> Outcome:
        return Outcome(account=account(stage, stage.removesuffix("s"), produced=produced))

    return run


def failing(error: Exception):
    async def run(*_args, **_options) -> Outcome:
        raise error

    return run


async def both(project):
    return await asking._both(project, "talk-1", None, here)


@pytest.mark.anyio
async def test_every_question_of_a_failed_second_pass_is_missed(project, monkeypatch):
    monkeypatch.setattr(asking, "write_questions", passing("questions", 12))
    monkeypatch.setattr(asking, "write_answers", failing(TeacherBusyError("503")))

    asked, answered = await both(project)

    assert (asked.requested, asked.produced) == (12, 12)
    assert answered.dropped == {"teacher_failed": 12}
    with pytest.raises(YieldError, match="0 of 12 answers"):
        check_floor(answered, 0.5)


@pytest.mark.anyio
async def test_a_failed_first_pass_counts_as_questions_and_says_why(project, monkeypatch):
    error = TeacherReplyError("talk-1", "too_long_for_model", "about 900,000 tokens")
    monkeypatch.setattr(asking, "write_questions", failing(error))

    asked, answered = await both(project)

    assert asked.dropped == {"too_long_for_model": project.settings.questions.minimum}
    assert asked.notes == (str(error),)
    assert answered.requested == 0


@pytest.mark.anyio
async def test_the_first_call_does_not_wait_for_the_last_video_to_begin(project, monkeypatch):
    told = []

    async def asks(**given) -> Outcome:
        told.append("begins")
        for _ in range(5):  # as a task run does before its body
            await asyncio.sleep(0)
        told.append("asks")
        return Outcome(account=account("questions", "question", produced=1))

    monkeypatch.setattr(asking, "write_questions", asks)
    monkeypatch.setattr(asking, "write_answers", passing("answers", 1))
    turn = asyncio.Lock()

    await together(asking._in_turn(turn, project, f"talk-{n}", None, here) for n in range(40))

    assert told.count("begins") == told.count("asks") == 40
    assert told.index("asks") < 12


@pytest.mark.anyio
@pytest.mark.parametrize("stage", ["write_questions", "write_answers"])
async def test_what_no_other_video_can_escape_ends_the_flow(project, monkeypatch, stage):
    monkeypatch.setattr(asking, "write_questions", passing("questions", 3))
    monkeypatch.setattr(asking, stage, failing(BudgetError("the cap is reached")))

    with pytest.raises(BudgetError, match="the cap"):
        await both(project)
