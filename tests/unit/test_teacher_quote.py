"""The quote before, the bill after."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.teachers import bench, make_transcript
from understudy.questions import accept_questions, planned_count
from understudy.teacher.opening import quote_for

pytestmark = pytest.mark.anyio


def quoted(one, talks):
    return quote_for(one.settings, one.workspace, talks)


@pytest.mark.parametrize("model", ["gpt-5-mini", "gpt-6.1-terra"])
async def test_a_quote_from_measured_tokens_is_the_bill_within_a_twentieth(tmp_path, model):
    talks = [make_transcript(f"talk{n}", words=1500 + 300 * n) for n in range(6)]
    async with bench(tmp_path, teacher={"model": model}) as one:
        await one.teacher.write_questions(make_transcript("other", words=2000), count=9)
        expected = quoted(one, talks)

        async def both(talk):
            settings = one.settings
            drafts = await one.teacher.write_questions(
                talk, count=planned_count(talk, settings.questions)
            )
            questions, _ = accept_questions(
                drafts.drafts, talk, settings.channel, settings.questions, "t"
            )
            await one.teacher.write_answers(talk, questions)

        before = one.teacher.engine.counts.usage
        await asyncio.gather(*(both(talk) for talk in talks))
        billed = one.teacher.engine.counts.usage

    prompt = billed.prompt - before.prompt
    assert expected.usage.prompt == pytest.approx(prompt, rel=0.05)
    assert expected.usage.cached == pytest.approx(billed.cached - before.cached, rel=0.05)


async def test_groups_cost_more_calls_and_caching_saves_most_of_them(tmp_path):
    talks = [make_transcript(words=3000)]
    async with bench(tmp_path) as one:
        whole = quoted(one, talks)
    async with bench(tmp_path, answers={"group_size": 3}) as one:
        grouped = quoted(one, talks)

    assert [part.calls for part in whole.passes] == [1, 1]
    assert [part.calls for part in grouped.passes] == [1, 5]
    assert grouped.cached_share > whole.cached_share > 0.4


async def test_a_model_without_a_price_is_quoted_in_tokens(tmp_path):
    async with bench(tmp_path, teacher={"model": "llama3.2"}) as one:
        offer = quoted(one, [make_transcript()])

    assert offer.cost_usd is None
    assert offer.usage.prompt > 1000


async def test_a_batch_run_is_quoted_at_its_own_price_without_caching(tmp_path):
    talks = [make_transcript(words=3000)]
    async with bench(tmp_path) as one:
        live = quoted(one, talks)
    async with bench(tmp_path, teacher={"mode": "batch"}) as one:
        batch = quoted(one, talks)

    assert live.of_run == live
    assert batch.of_run.cost_usd == live.batch_usd
    assert batch.of_run.cached_share == 0 < live.cached_share
    assert batch.of_run.usage.prompt == live.usage.prompt
