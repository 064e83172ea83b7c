"""Pass 2 as a task: files, freshness, accounting."""

from __future__ import annotations

import pytest
from prefect.logging import disable_run_logger

from tasks.answers import write_answers
from tasks.policy import unwrap
from tasks.questions import write_questions
from tests.support.openai_server import Behaviour
from tests.support.teachers import bench, make_transcript
from understudy.artifacts import read_record, write_json
from understudy.errors import DataError
from understudy.manifests import Document
from understudy.records import Answer

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def both(one, **changes):
    """Run both passes on one talk; the outcome of the second."""
    write_json(one.workspace.transcript("talk01"), make_transcript())
    with disable_run_logger():
        shared = {"teacher": one.teacher, "channel": one.settings.channel}
        await write_questions.fn(one.workspace, "talk01", settings=one.settings.questions, **shared)
        settings = one.settings.answers.model_copy(update=changes)
        result = await write_answers.fn(one.workspace, "talk01", settings=settings, **shared)
    return unwrap(result)


async def test_each_question_has_its_answer_with_evidence(tmp_path):
    async with bench(tmp_path) as one:
        outcome = await both(one)

        document = read_record(one.workspace.answers("talk01"), Document[Answer])
        assert outcome.account.produced == len(document.items) == 12
        assert all(answer.evidence and answer.evidence.score >= 80 for answer in document.items)
        assert {answer.video_title for answer in document.items} == {make_transcript().title}


async def test_the_same_input_gives_the_same_bytes(tmp_path):
    contents = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        async with bench(folder, Behaviour(faults=0.3 if name == "b" else 0, seed=2)) as one:
            await both(one)
            document = read_record(one.workspace.answers("talk01"), Document[Answer])
            contents.append([answer.model_dump_json() for answer in document.items])

    assert contents[0] == contents[1]


async def test_a_finished_video_is_not_answered_again(tmp_path):
    async with bench(tmp_path) as one:
        await both(one)

        outcome = await both(one)

        assert outcome.cached
        assert len(one.server.requests) == 2


async def test_groups_share_the_transcript_and_answer_all(tmp_path):
    async with bench(tmp_path) as one:
        outcome = await both(one, group_size=5)

        assert outcome.account.produced == 12


async def test_a_stage_without_its_questions_says_so(tmp_path):
    async with bench(tmp_path) as one:
        write_json(one.workspace.transcript("talk01"), make_transcript())
        with disable_run_logger(), pytest.raises(DataError, match=r"talk01\.json does not exist"):
            await write_answers.fn(
                one.workspace,
                "talk01",
                teacher=one.teacher,
                channel=one.settings.channel,
                settings=one.settings.answers,
            )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_with_a_fifth_of_faults_every_question_is_accounted(tmp_path, seed):
    rules = Behaviour(faults=0.2, seed=seed, slow_s=0.05)
    async with bench(tmp_path, rules, teacher={"max_retries": 6}) as one:
        outcome = await both(one)

        assert outcome.account.requested >= 11
        assert outcome.account.share >= 0.9
