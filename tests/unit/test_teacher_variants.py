"""The paid writer: every order is accounted for, what leaks or invents is out, nothing is paid twice."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from tests.support.openai_server import Behaviour, serve
from tests.support.rows import GOOD, augment_settings, divided, many_rows, split_settings
from tests.support.teachers import make_settings, make_transcript, make_workspace
from understudy.artifacts import write_json
from understudy.augment import checked_variants
from understudy.rows import kept
from understudy.split import HELD_OUT
from understudy.teacher.schemas import ReplyVariant
from understudy.teacher.side_jobs import VARIANT_WRITING
from understudy.variants import Draft, ordered, variant_rows

pytestmark = pytest.mark.anyio

EVERYTHING = augment_settings(
    by="teacher",
    model="gpt-6-luna",
    paraphrases=3,
    long_answers=1.0,
    back_translations=1.0,
)


@pytest.fixture(scope="module")
def rows():
    return divided(many_rows(8, each=2), split_settings())[0]


@asynccontextmanager
async def writing(folder, behaviour=None, **teacher):
    """A server, settings with everything on, and a workspace with transcripts."""
    server, runner = await serve(behaviour or Behaviour())
    try:
        settings = make_settings(server.address, {"teacher": teacher})
        settings = settings.model_copy(update={"augment": EVERYTHING})
        workspace = make_workspace(folder)
        for number in range(8):
            talk = make_transcript(f"v{number}")
            write_json(workspace.transcript(talk.video_id), talk)
        yield server, settings, workspace
    finally:
        await runner.cleanup()


def orders_of(rows):
    videos = {row.video_id for row in rows}
    return ordered(rows, EVERYTHING, transcribed=videos)


async def written_by(settings, workspace, orders):
    async with VARIANT_WRITING.open(settings, workspace) as (writer, _):
        return await writer.write(orders), writer


def accounted(orders, written):
    names = [one.id for one in (*written.drafts, *written.dropped)]
    return sorted(names) == sorted(order.id for order in orders)


async def test_with_everything_on_no_variant_repeats_or_leaks(tmp_path, rows):
    orders = orders_of(rows)
    async with writing(tmp_path) as (_, settings, workspace):
        written, _ = await written_by(settings, workspace, orders)

    drafts = list(variant_rows(orders, written.drafts, rows, "en"))
    variants = kept(
        checked_variants(drafts, rows, checks=settings.filter, language="en", threshold=0.8)
    )

    sources = {row.id: row for row in kept(rows)}
    assert accounted(orders, written)
    assert {row.kind for row in variants} == {"paraphrase", "short", "long", "back_translation"}
    assert all(sources[row.source_id].part == "train" for row in variants)
    assert all((row.question, row.answer) != (s.question, s.answer) for row in variants
               for s in (sources[row.source_id],))  # fmt: skip
    held = {row.question for row in sources.values() if row.part in HELD_OUT}
    assert held.isdisjoint(row.question for row in variants)


async def test_a_second_run_pays_for_nothing_and_its_quote_is_nothing(tmp_path, rows):
    orders = orders_of(rows)
    async with writing(tmp_path) as (server, settings, workspace):
        offer = VARIANT_WRITING.quote(settings, workspace, orders)
        first, writer = await written_by(settings, workspace, orders)
        paid = len(server.completed)
        second, _ = await written_by(settings, workspace, orders)
        left = VARIANT_WRITING.quote(settings, workspace, orders)

    assert second == first
    assert len(server.completed) == paid == offer.calls
    assert writer.engine.counts.by_pass["augment"].calls == paid
    assert (left.calls, left.cost_usd) == (0, 0)
    assert 0 < offer.cost_usd < 1


@pytest.mark.parametrize("kind", ["missing_items", "wrong_ids", "duplicate_ids", "refusal", "500"])
async def test_whatever_the_server_does_every_order_is_accounted_for(tmp_path, rows, kind):
    orders = orders_of(rows)[:30]
    behaviour = Behaviour(faults=0.6, kinds=(kind,), seed=3)
    async with writing(tmp_path, behaviour, max_retries=1) as (_, settings, workspace):
        written, _ = await written_by(settings, workspace, orders)

    assert accounted(orders, written)
    assert written.drafts


async def test_the_second_half_of_a_back_translation_does_not_see_the_first(tmp_path, rows):
    orders = [order for order in orders_of(rows) if order.kind == "back_translation"][:1]
    async with writing(tmp_path) as (server, settings, workspace):
        written, _ = await written_by(settings, workspace, orders)

    there, back = (request["messages"][-1]["content"] for request in server.requests)
    assert orders[0].question in there
    assert orders[0].question not in back
    assert written.drafts[0].text.startswith("Sag mir, sag mir, ")


async def test_a_long_answer_without_support_is_refused(tmp_path, rows):
    order = next(order for order in orders_of(rows) if order.kind == "long")
    async with (
        writing(tmp_path) as (_, settings, workspace),
        VARIANT_WRITING.open(settings, workspace) as (writer, _),
    ):
        talk = make_transcript(order.video_id)
        words = talk.text.split()
        quote, told = " ".join(words[:20]), " ".join(words[:150])
        judge = writer.sorted_out
        fair = ReplyVariant(id="x", text=f"{GOOD}\n\n{order.answer}\n\n{told}.", quote=quote)
        invented = fair.model_copy(update={"text": f"{fair.text}\n\nIt takes 4711 days."})
        unquoted = fair.model_copy(update={"quote": "nobody ever said these words here"})
        label = order.id.partition(":")[2]
        judged = [judge([order], {label: reply}, {}, talk) for reply in (fair, invented, unquoted)]

    assert judged[0].drafts == (Draft(id=order.id, text=fair.text),)
    assert [one.dropped[0].reason for one in judged[1:]] == ["foreign_terms", "unsupported"]
