"""The bill beside the quote."""

from __future__ import annotations

import pytest

from tests.support.openai_server import Behaviour
from tests.support.teachers import bench, make_transcript
from understudy.questions import accept_questions, planned_count
from understudy.teacher.money.bill import bill_line, bill_of, bill_rows, progress_line, under_plan
from understudy.teacher.money.ledger import read_entries
from understudy.teacher.opening import quote_for

pytestmark = pytest.mark.anyio
TALKS = [make_transcript(f"talk{n}", words=3000) for n in range(3)]


async def billed(folder, behaviour=None, **overrides):
    """Both passes over three talks; the bill and what the ledger says."""
    async with bench(folder, behaviour, **overrides) as one:
        offer = quote_for(one.settings, one.workspace, TALKS)
        for talk in TALKS:
            drafts = await one.teacher.write_questions(
                talk, count=planned_count(talk, one.settings.questions)
            )
            questions, _ = accept_questions(
                drafts.drafts, talk, one.settings.channel, one.settings.questions, "t"
            )
            await one.teacher.write_answers(talk, questions)
        engine = one.teacher.engine
        bill = bill_of(offer, engine.counts, engine.meter)
    return bill, list(read_entries(one.workspace.ledger))


async def test_the_bill_is_what_the_ledger_holds_pass_by_pass(tmp_path):
    bill, entries = await billed(tmp_path)

    assert [one.name for one in bill.passes] == ["questions", "answers"]
    for one in bill.passes:
        own = [entry for entry in entries if entry.kind == one.name]
        assert one.calls == len(own) > 0
        assert one.usage.prompt == sum(entry.usage.prompt for entry in own)
        assert one.cost_usd == pytest.approx(sum(entry.cost_usd for entry in own), abs=1e-6)
    assert bill.spent_usd == pytest.approx(bill.cost_usd)


async def test_the_table_holds_the_quote_beside_each_pass_and_a_last_line_for_all(tmp_path):
    bill, _ = await billed(tmp_path)

    rows = bill_rows(bill)

    assert [row["pass"] for row in rows] == ["questions", "answers", "all"]
    assert rows[2]["calls"] == rows[0]["calls"] + rows[1]["calls"]
    assert rows[2]["quoted calls"] == bill.quote.calls == 6
    assert rows[2]["quoted cost"].startswith("$")
    assert "quoted $" in bill_line(bill)


async def test_the_running_meter_names_calls_cache_cost_and_budget(tmp_path):
    bill, _ = await billed(tmp_path, teacher={"budget_usd": 2.5})

    said = progress_line(bill)

    assert said.startswith(f"{bill.calls} of about 6 calls, ")
    assert "of input cached, $0.0" in said
    assert said.endswith(" of $2.5000")


async def test_a_cache_as_planned_is_no_warning(tmp_path):
    bill, _ = await billed(tmp_path)

    assert bill.quote.cached_share > 0.3
    assert under_plan(bill) is None


async def test_a_server_that_caches_nothing_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "tests.support.prefix_cache.PrefixCache.read", lambda *_: (0, 0), raising=True
    )

    bill, _ = await billed(tmp_path)

    assert "served 0% of the input tokens and 4" in str(under_plan(bill))


async def test_a_server_that_counts_no_tokens_is_not_blamed(tmp_path):
    bill, _ = await billed(tmp_path, Behaviour(usage=False))

    assert bill.usage.prompt == 0
    assert under_plan(bill) is None


async def test_a_model_without_a_price_has_a_bill_in_tokens(tmp_path):
    bill, _ = await billed(tmp_path, teacher={"model": "llama3.2"})

    assert bill.cost_usd is None
    assert bill.spent_usd is None
    assert "cost unknown" in bill_line(bill)
    assert "budget" not in progress_line(bill)
