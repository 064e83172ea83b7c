"""Servers that answer as OpenAI, Ollama, LM Studio, vLLM and mlx_lm.server do, through the client."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from tests.support.dialects import DIALECTS
from tests.support.openai_server import Behaviour
from tests.support.teachers import bench, make_transcript, two_passes
from understudy.errors import TeacherSetupError
from understudy.teacher.money.ledger import read_entries

pytestmark = pytest.mark.anyio
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
SENT = {"temperature": 0.3, "reasoning_effort": "low"}


@every_dialect
async def test_both_passes_work_with_every_server(tmp_path, dialect):
    async with bench(tmp_path, Behaviour(dialect=dialect), teacher=SENT) as one:
        talks = [make_transcript(f"talk{number}") for number in range(2)]
        results = await asyncio.gather(*(two_passes(one, talk, 3) for talk in talks))

        assert [len(answers) for _, answers, _ in results] == [3, 3]
        last = one.server.requests[-1]
        assert dialect.refusal(last) is None
        assert one.teacher.engine.counts.repaired == 0
    counted = [entry.usage.prompt > 0 for entry in read_entries(one.workspace.ledger)]
    assert counted == [dialect.name != "strict"] * 4


async def test_a_format_that_the_settings_insist_on_is_not_given_up(tmp_path):
    lm_studio = next(one for one in DIALECTS if one.name == "lm-studio")
    behaviour = Behaviour(dialect=lm_studio)
    async with bench(tmp_path, behaviour, teacher={"structured": "json_object"}) as one:
        with pytest.raises(TeacherSetupError, match="does not take this response format"):
            await one.teacher.write_questions(make_transcript(), count=3)


def erring(dialect, status, message, parameter=None):
    return Behaviour(status=status, error_body=dialect.error(status, message, parameter))


@every_dialect
async def test_a_prompt_over_the_context_costs_its_item_and_is_not_tried_again(tmp_path, dialect):
    behaviour = erring(dialect, dialect.overflow_status, dialect.overflow)
    async with bench(tmp_path, behaviour) as one:
        drafts = await one.teacher.write_questions(make_transcript(), count=2)

        assert [drop.reason for drop in drafts.dropped] == ["too_long_for_model"] * 2
        assert len(one.server.requests) == 1


@every_dialect
async def test_an_unknown_model_stops_the_run_at_once(tmp_path, dialect):
    async with bench(tmp_path, erring(dialect, 404, dialect.unknown_model)) as one:
        with pytest.raises(TeacherSetupError, match="knows no model 'gpt-5-mini'"):
            await one.teacher.write_questions(make_transcript(), count=2)

        assert len(one.server.requests) == 1


@every_dialect
async def test_a_key_that_a_server_repeats_is_not_repeated(tmp_path, dialect):
    behaviour = erring(dialect, 401, "Incorrect API key provided: sk-SECRET-1")
    async with bench(tmp_path, behaviour) as one:
        with pytest.raises(TeacherSetupError, match="refused the key in OPENAI_API_KEY") as caught:
            await one.teacher.write_questions(make_transcript(), count=2)

    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


async def test_a_completion_of_status_200_that_is_an_error_is_tried_again(tmp_path):
    behaviour = Behaviour(status=200, error_body={"error": {"code": 502, "message": "upstream"}})
    async with bench(tmp_path, behaviour, teacher={"max_retries": 2}) as one:
        with pytest.raises(Exception, match="sent no chat completion; 3 attempts failed"):
            await one.teacher.write_questions(make_transcript(), count=2)
