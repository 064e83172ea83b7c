"""Both passes as batch jobs, through the real client and a server whose jobs go wrong."""

from __future__ import annotations

import asyncio
import random
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.support.batch_server import JOB_FAULTS, BatchRules
from tests.support.commands import command, make_root
from tests.support.openai_server import Behaviour, Server, serve
from tests.support.teachers import make_settings, make_transcript, make_workspace, two_passes
from understudy.errors import BudgetError, TeacherSetupError
from understudy.settings import Settings
from understudy.teacher.batch.book import JobBook
from understudy.teacher.calling.tally import Randomness
from understudy.teacher.money.ledger import read_entries
from understudy.teacher.money.pricing import load_prices
from understudy.teacher.openai_teacher import OpenAITeacher
from understudy.teacher.opening import open_openai_teacher
from understudy.workspace import Workspace

pytestmark = pytest.mark.anyio
QUICK = {"poll_s": 0.01, "gather_s": 0.03, "max_requests": 1000, "max_mb": 200}


@dataclass
class Bench:
    teacher: OpenAITeacher
    settings: Settings
    workspace: Workspace
    notes: list[str]
    naps: list[float]


@asynccontextmanager
async def running(rules=None, **behaviour):
    server, runner = await serve(Behaviour(batch=rules or BatchRules(), **behaviour))
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def opened(folder, server: Server, *, mode="batch", batch=None, channel="demo", **changes):
    own = {"mode": mode, "batch": {**QUICK, **(batch or {})}, **changes}
    settings = make_settings(server.address, {"teacher": own, "channel": {"name": channel}})
    notes, naps = [], []

    async def nap(seconds):
        naps.append(seconds)
        await asyncio.sleep(min(seconds, 0.02))

    chance = Randomness(jitter=random.Random(0), sleep=nap)
    workspace = make_workspace(folder, channel)
    async with open_openai_teacher(settings, workspace, chance, notes.append) as teacher:
        yield Bench(teacher, settings, workspace, notes, naps)


async def both(one, count=3, talks=3):
    """Answers of some talks, each requested question accounted for."""
    return await asyncio.gather(
        *(two_passes(one, make_transcript(f"talk{n}"), count) for n in range(talks))
    )


async def until(condition):
    while not condition():  # noqa: ASYNC110  (a server's counts set no event)
        await asyncio.sleep(0.01)


def kept(results):
    return sum(len(answers) for _, answers, _ in results)


async def test_both_passes_are_two_jobs_at_half_the_price(tmp_path):
    async with running() as server, opened(tmp_path, server) as one:
        results = await both(one)

        assert kept(results) == 9
        assert len(server.batches.jobs) == 2
        assert server.statuses == {}
        assert any("batch_1 completed, 3 of 3 done" in note for note in one.notes)
    rows = list(read_entries(one.workspace.ledger))
    price = load_prices(one.workspace.root / "config" / "prices.yaml").of("gpt-5-mini")
    assert {row.batch for row in rows} == {"batch_1", "batch_2"}
    assert all(row.cost_usd == pytest.approx(price.cost(row.usage) / 2, abs=1e-7) for row in rows)


async def test_live_and_batch_share_what_is_paid(tmp_path):
    async with running() as server:
        async with opened(tmp_path, server, mode="live") as one:
            live = await both(one)
        async with opened(tmp_path, server) as one:
            batch = await both(one)
            assert one.teacher.engine.counts.reused == 6
        assert live == batch
        assert server.batches.jobs == {}
        (tmp_path / "data" / "ledger.jsonl").unlink()
        async with opened(tmp_path, server) as one:
            assert await both(one) == live
        async with opened(tmp_path, server, mode="live") as one:
            await both(one)
        assert len(server.completed) == 12


@pytest.mark.parametrize("fault", JOB_FAULTS)
async def test_what_a_job_completed_is_kept_and_the_rest_is_submitted_again(tmp_path, fault):
    rules = BatchRules(faults=(fault, "", fault))
    async with running(rules) as server, opened(tmp_path, server) as one:
        results = await both(one)

        assert kept(results) == 9
        keys = [done["key"] for done in server.completed]
        assert len(keys) == len(set(keys)) == 6


async def test_unusable_replies_go_into_the_next_job(tmp_path):
    faulty = {"faults": 0.4, "seed": 4}
    async with running(**faulty) as server, opened(tmp_path, server) as one:
        results = await both(one, talks=6)

        assert kept(results) + sum(len(dropped) for *_, dropped in results) == 18
        assert kept(results) >= 12
        assert one.teacher.engine.counts.repaired > 0
        assert len(server.batches.jobs) > 2


async def test_a_full_queue_halves_the_next_job(tmp_path):
    async with (
        running(BatchRules(faults=("failed",))) as server,
        opened(tmp_path, server) as one,
    ):
        assert kept(await both(one, talks=4)) == 12

        sizes = [job["request_counts"]["total"] for job in server.batches.jobs.values()]
        assert sizes[:3] == [4, 2, 2]
        assert any("lower teacher.batch.max_requests" in note for note in one.notes)


async def test_files_are_cut_at_the_limits(tmp_path):
    async with running() as server, opened(tmp_path, server, batch={"max_requests": 2}) as one:
        await both(one, talks=5)

        sizes = [job["request_counts"]["total"] for job in server.batches.jobs.values()]
        assert sorted(sizes[:3]) == [1, 2, 2]


async def test_a_killed_run_finds_its_job_again(tmp_path):
    async with running(BatchRules(looks=5)) as server:
        async with opened(tmp_path, server) as one:
            left = asyncio.create_task(both(one))
            await until(lambda: server.batches.looked)
            left.cancel()
        async with opened(tmp_path, server) as one:
            results = await both(one)

            assert any("batch_1 of an earlier run holds 3 calls" in note for note in one.notes)
        assert kept(results) == 9
        assert len(server.batches.jobs) == 2


async def test_a_job_whose_creation_was_cut_off_is_looked_up_and_not_made_again(tmp_path):
    async with running(BatchRules(lost_replies=1)) as server, opened(tmp_path, server) as one:
        assert kept(await both(one)) == 9

        assert len(server.batches.jobs) == 2
        assert any(nap > 20 for nap in one.naps)


async def test_a_planned_job_that_never_reached_the_provider_is_forgotten(tmp_path):
    async with running() as server:
        async with opened(tmp_path, server) as one:
            await both(one)
        book = JobBook(tmp_path / "data" / "batches")
        kept_jobs = [path.read_text() for path in (tmp_path / "data" / "batches").iterdir()]
        assert len(kept_jobs) == 2
        ghost = next(iter(tmp_path.joinpath("data", "batches").iterdir()))
        text = ghost.read_text().replace(ghost.stem, "0" * 32).replace('"ended"', '"planned"')
        ghost.with_name("0" * 32 + ".json").write_text(text)
        (tmp_path / "data" / "ledger.jsonl").unlink()
        async with opened(tmp_path, server) as one:
            assert kept(await both(one)) == 9

        assert len(server.batches.jobs) == 4
        assert book.open_jobs(endpoint=server.address, model="gpt-5-mini") == ()


async def test_another_channel_gets_the_replies_of_an_open_job_and_does_not_pay(tmp_path):
    async with running(BatchRules(looks=3)) as server:
        async with opened(tmp_path, server) as one:
            left = asyncio.create_task(both(one))
            await until(lambda: server.batches.looked)
            left.cancel()
        async with opened(tmp_path, server, channel="other") as one:
            assert kept(await both(one)) == 9
            assert one.teacher.engine.meter.paid > 0
        rows = list(read_entries(tmp_path / "data" / "ledger.jsonl"))
        assert [row.channel for row in rows] == ["demo"] * 3 + ["other"] * 3
        assert one.teacher.engine.meter.paid == pytest.approx(
            sum(row.cost_usd for row in rows if row.channel == "other"), abs=1e-6
        )


async def test_no_job_is_submitted_that_could_cross_the_budget(tmp_path):
    cap = {"budget_usd": 0.004, "max_output_tokens": 1000}
    async with running() as server:
        async with opened(tmp_path, server, **cap) as one:
            results = await asyncio.gather(
                *(two_passes(one, make_transcript(f"t{n}"), 3) for n in range(6)),
                return_exceptions=True,
            )
            assert any(isinstance(result, BudgetError) for result in results)
            assert 0 < one.teacher.engine.meter.paid <= 0.004
        paid = len(server.completed)
        assert 0 < paid < 12
        async with opened(tmp_path, server, **{**cap, "budget_usd": 1.0}) as one:
            await asyncio.gather(*(two_passes(one, make_transcript(f"t{n}"), 3) for n in range(6)))
        assert len(server.completed) == 12


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (BatchRules(absent=True), "has no Batch API (404): set teacher.mode to live"),
        (BatchRules(faults=("failed",), code="billing_hard_limit_reached"), "has no credit left"),
        (BatchRules(faults=("failed",), code="model_not_found"), "runs no batch jobs with"),
        (BatchRules(faults=("failed",), code="bad\x1b[31m"), "refused the file of batch_1"),
        (BatchRules(faults=("cancelled",)), "batch_1 was cancelled at the provider"),
        (BatchRules(look_status=404), "does not know the job batch_1"),
        (BatchRules(look_status=401), "refused the key in OPENAI_API_KEY"),
    ],
)
async def test_what_cannot_mend_itself_stops_the_run_with_a_sentence(tmp_path, rules, sentence):
    async with running(rules) as server, opened(tmp_path, server) as one:
        results = await asyncio.gather(
            *(one.teacher.write_questions(make_transcript(f"t{n}"), count=3) for n in range(3)),
            return_exceptions=True,
        )

        failed = [result for result in results if isinstance(result, Exception)]
        assert {type(error) for error in failed} == {TeacherSetupError}
        assert all(sentence in str(error) for error in failed)
        assert "SECRET" not in "".join([*map(str, failed), *one.notes])
        assert len(server.batches.jobs) <= 1


async def test_open_jobs_are_listed_and_one_is_cancelled_on_request(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    root = make_root(tmp_path)
    async with running(BatchRules(looks=99)) as server:
        async with opened(root, server) as one:
            left = asyncio.create_task(both(one))
            await until(lambda: server.batches.looked)
            left.cancel()

        async def jobs(*more, address=server.address):
            at = ("--set", f"teacher.base_url={address}")
            told = ("ledger", "jobs", "--config", "config/demo.yaml", *at, *more)
            return await asyncio.to_thread(command, root, *told)

        listed, elsewhere = await jobs(), await jobs(address="http://127.0.0.1:1/v1")
        unknown = await jobs("--cancel", "batch_9", "--yes")
        cancelled, afterwards = await jobs("--cancel", "batch_1", "--yes"), await jobs()

    assert re.search(r"batch_1 +demo +gpt-5-mini +in_progress, 0 of 3 done +3 +0 min", listed.out)
    assert f"at {server.address}: name a config" in elsewhere.out
    assert "no open job" in unknown.err
    assert "`understudy ledger jobs` lists them" in unknown.err
    assert cancelled.out.startswith("batch_1 is cancelling, 2 of 3 done, 1 failed. The next")
    assert "cancelled, 2 of 3 done, 1 failed" in afterwards.out
    assert "sk-" not in "".join(one.out + one.err for one in (listed, cancelled, unknown))


async def test_refused_parameters_cost_a_round_and_no_more(tmp_path):
    behaviour = {"refused_parameters": ("temperature",)}
    async with running(**behaviour) as server, opened(tmp_path, server, temperature=0.3) as one:
        assert kept(await both(one)) == 9

        assert len(server.batches.jobs) == 3


async def test_looks_that_fail_are_borne_with(tmp_path):
    rules = BatchRules(look_status=503)
    async with running(rules) as server, opened(tmp_path, server) as one:
        work = asyncio.create_task(both(one))
        await until(lambda: len(one.notes) >= 4)
        rules.look_status = None

        assert kept(await work) == 9
        assert any("batch_1 is looked at again" in note for note in one.notes)
