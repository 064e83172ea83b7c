"""Pass 1 as a task: files, freshness, accounting."""

from __future__ import annotations

import pytest
from prefect.logging import disable_run_logger

from tasks.policy import unwrap
from tasks.questions import write_questions
from tests.support.openai_server import Behaviour
from tests.support.teachers import bench, make_transcript
from understudy.artifacts import read_record, write_json
from understudy.errors import DataError, TeacherSetupError
from understudy.manifests import Document
from understudy.records import Question

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def ask(one, video_id="talk01", **changes):
    with disable_run_logger():
        result = await write_questions.fn(
            one.workspace,
            video_id,
            teacher=one.teacher,
            channel=one.settings.channel,
            settings=one.settings.questions.model_copy(update=changes),
        )
    return unwrap(result)


async def test_questions_lie_in_a_document_that_accounts_for_all(tmp_path):
    async with bench(tmp_path) as one:
        write_json(one.workspace.transcript("talk01"), make_transcript())

        outcome = await ask(one)

        document = read_record(one.workspace.questions("talk01"), Document[Question])
        assert document.account == outcome.account
        assert len(document.items) == outcome.account.produced == 12
        assert document.items[0].id == "talk01:q01"
        assert not outcome.cached


async def test_a_finished_video_is_not_asked_again(tmp_path):
    async with bench(tmp_path) as one:
        write_json(one.workspace.transcript("talk01"), make_transcript())
        await ask(one)

        outcome = await ask(one)

        assert outcome.cached
        assert outcome.account.reused == outcome.account.produced
        assert len(one.server.requests) == 1


@pytest.mark.parametrize("change", ["transcript", "settings"])
async def test_what_it_was_made_from_decides_about_freshness(tmp_path, change):
    async with bench(tmp_path) as one:
        write_json(one.workspace.transcript("talk01"), make_transcript())
        await ask(one)
        if change == "transcript":
            write_json(one.workspace.transcript("talk01"), make_transcript(words=500))

        outcome = await ask(one, **({"maximum": 6} if change == "settings" else {}))

        assert not outcome.cached


async def test_a_reply_that_cannot_be_used_is_accounted_and_not_lost(tmp_path):
    rules = Behaviour(faults=1.0, kinds=("refusal",))
    async with bench(tmp_path, rules) as one:
        write_json(one.workspace.transcript("talk01"), make_transcript())

        outcome = await ask(one)

        assert outcome.account.produced == 0
        assert outcome.account.dropped == {"refusal": 12}


async def test_a_missing_transcript_is_an_error_of_that_video(tmp_path):
    async with bench(tmp_path) as one:
        with pytest.raises(DataError, match=r"nobody\.json does not exist"):
            await ask(one, "nobody")


async def test_a_wrong_key_leaves_no_file_behind(tmp_path):
    rules = Behaviour(status=401, error={"message": "no"})
    async with bench(tmp_path, rules) as one:
        write_json(one.workspace.transcript("talk01"), make_transcript())

        with pytest.raises(TeacherSetupError):
            await ask(one)

        assert not one.workspace.questions("talk01").exists()
