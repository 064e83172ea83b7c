"""What the report says about money and time."""

from __future__ import annotations

import pytest

from understudy.proof.costs import NO_BILL, cost_rows, spoken_time, trained_seconds
from understudy.teacher.calling.calls import Usage
from understudy.teacher.money.bill import Bill, PassBill
from understudy.teacher.money.quote import PassQuote, Quote

METRICS = {
    "seconds": [0.5, 60.0, None, 120.0, 1.0, 40.0],
    "trained_tokens": [0, 500, None, 900, 900, 1200],
    "peak_memory_gb": [1.0, 2.5, None, 2.25, 1.0, 1.5],
}


def test_a_run_that_was_resumed_took_the_time_of_all_its_processes():
    assert trained_seconds([0.5, 60.0, 120.0, 1.0, 40.0]) == 160.0
    assert trained_seconds([]) == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(48.4, "48 s"), (89.0, "89 s"), (725.0, "12 min"), (7500.0, "2 h 05 min")],
)
def test_time_is_told_as_people_tell_it(seconds, said):
    assert spoken_time(seconds) == said


def test_the_training_costs_time_and_memory_and_no_teacher_costs_nothing():
    rows = dict(cost_rows({}, METRICS, "Device(cpu, 0)"))

    assert rows == {
        "Teacher": NO_BILL,
        "Training": "3 min for 1,200 learned tokens, on Device(cpu, 0)",
        "Training, most memory": "2.50 GB",
    }


def bill(cost, *, reused=0):
    usage, offer = Usage(prompt=1000, completion=100), 0.25
    quoted = PassQuote(name="questions", calls=4, usage=usage, cost_usd=offer, batch_usd=None)
    return Bill(
        quote=Quote(model="m", videos=2, questions=9, passes=(quoted,), chars_per_token=4.0),
        passes=(PassBill(name="questions", calls=3, usage=usage, cost_usd=cost),),
        reused=reused,
        failed=0,
        repaired=0,
        quarantined=0,
        refused={},
        budget_usd=None,
        spent_usd=None if cost is None else 2 * cost,
    )


def test_each_bill_stands_beside_its_quote_and_the_channel_s_sum():
    bills = {"questions and answers": bill(0.2, reused=7), "variants": bill(0.5)}

    rows = dict(cost_rows(bills, None, "cpu"))

    assert rows == {
        "Teacher, newest run for questions and answers": "$0.2000, quoted $0.2500, in 3 calls; "
        "7 more were in the ledger already",
        "Teacher, newest run for variants": "$0.5000, quoted $0.2500, in 3 calls",
        "Teacher, this channel so far": "$1.0000",
    }


def test_a_model_without_a_price_costs_nobody_knows_what():
    rows = dict(cost_rows({"the audit": bill(None)}, None, "cpu"))

    assert rows == {"Teacher, newest run for the audit": "the model has no price, in 3 calls"}
