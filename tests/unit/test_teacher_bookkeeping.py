"""The ledger, added up and pruned."""

from __future__ import annotations

import pytest

from tests.support.teachers import bench, make_transcript
from understudy.teacher.money.bookkeeping import prune, totals
from understudy.teacher.money.ledger import Ledger, read_entries

pytestmark = pytest.mark.anyio


async def test_totals_are_what_the_run_paid(tmp_path):
    async with bench(tmp_path) as one:
        for number in range(3):
            await one.teacher.write_questions(make_transcript(f"talk{number}"), count=3)
        paid = one.teacher.engine.meter.run_cost

    (total,) = totals(read_entries(one.workspace.ledger), ("channel", "pass", "model"))
    assert total.of == ("demo", "questions", "gpt-5-mini")
    assert total.calls == total.attempts == 3
    assert total.cost_usd == pytest.approx(paid, abs=1e-7)


async def test_what_is_pruned_is_paid_again_and_the_rest_is_not(tmp_path):
    async with bench(tmp_path) as one:
        for number in range(3):
            await one.teacher.write_questions(make_transcript(f"talk{number}"), count=3)
    path = one.workspace.ledger
    whole = [entry.digest for entry in read_entries(path)]

    gone = prune(path, lambda entry: entry.item_id != "talk1")

    with Ledger(path) as ledger:
        found = [ledger.find(digest) is not None for digest in whole]
    assert gone == 1
    assert found.count(True) == 2
    assert path.stat().st_mode & 0o077 == 0
