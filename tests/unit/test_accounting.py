"""requested = produced + dropped, whatever is counted and however it is added up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from understudy.accounting import Account, account, check_floor, merge, table
from understudy.errors import YieldError

reasons = st.lists(st.sampled_from(["too_long", "empty", "near_duplicate", "schema"]))
counts = st.integers(min_value=0, max_value=10_000)
accounts = st.builds(
    lambda produced, dropped, reused: account(
        "answers", "answer", produced=produced, dropped=dropped, reused=min(reused, produced)
    ),
    counts,
    reasons,
    counts,
)


@given(counts, reasons)
def test_everything_requested_is_produced_or_dropped(produced, dropped):
    one = account("filter", "row", produced=produced, dropped=dropped)

    assert one.requested == one.produced + len(dropped)
    assert sum(one.dropped.values()) == len(dropped)


@given(counts, reasons, st.randoms(use_true_random=False))
def test_the_order_of_the_drops_does_not_matter(produced, dropped, random):
    shuffled = random.sample(dropped, len(dropped))

    one = account("filter", "row", produced=produced, dropped=dropped)
    other = account("filter", "row", produced=produced, dropped=shuffled)

    assert one.model_dump_json() == other.model_dump_json()


@given(st.lists(accounts))
def test_merging_loses_nothing(parts):
    whole = merge("answers", "answer", parts)

    assert whole.requested == sum(part.requested for part in parts)
    assert whole.produced == sum(part.produced for part in parts)
    assert whole.reused == sum(part.reused for part in parts)
    assert sum(whole.dropped.values()) == sum(sum(part.dropped.values()) for part in parts)


@given(accounts, accounts, accounts)
def test_merging_in_steps_is_merging_at_once(a, b, c):
    stepwise = merge("s", "row", [merge("s", "row", [a, b]), c])

    assert stepwise == merge("s", "row", [a, b, c])


@given(accounts)
def test_an_account_survives_the_disk(one):
    assert Account.model_validate_json(one.model_dump_json()) == one


@given(accounts)
def test_the_share_is_a_share(one):
    assert 0 <= one.share <= 1


@given(st.lists(accounts))
def test_the_table_has_a_row_per_stage_that_adds_up(parts):
    rows = table(parts)

    assert len(rows) == len(parts)
    for row in rows:
        assert row["requested"] == row["produced"] + row["dropped"]


@pytest.mark.parametrize(("requested", "produced", "dropped"), [(3, 1, {"empty": 1}), (0, 1, {})])
def test_an_account_that_does_not_add_up_is_refused(requested, produced, dropped):
    with pytest.raises(ValidationError, match=f"split: {requested} requested, but {produced} prod"):
        Account(stage="split", unit="row", requested=requested, produced=produced, dropped=dropped)


def test_a_negative_count_is_refused():
    with pytest.raises(ValidationError):
        Account(stage="split", unit="row", requested=0, produced=1, dropped={"empty": -1})


def test_more_reused_than_produced_is_refused():
    with pytest.raises(ValidationError, match="2 reused of 1 produced"):
        account("split", "row", produced=1, reused=2)


def test_nothing_asked_is_nothing_missed():
    check_floor(account("answers", "answer", produced=0), floor=1.0)


@given(counts, reasons, st.floats(0, 1))
def test_the_floor_refuses_exactly_the_shares_under_it(produced, dropped, floor):
    one = account("answers", "answer", produced=produced, dropped=dropped)

    try:
        check_floor(one, floor)
    except YieldError:
        assert one.share < floor
    else:
        assert one.share >= floor


def test_a_yield_under_the_floor_is_explained():
    one = account("answers", "answer", produced=2, dropped=["empty", "schema", "empty"])

    with pytest.raises(YieldError) as caught:
        check_floor(one, 0.5)

    assert str(caught.value) == (
        "answers: only 2 of 5 answers came through (40%, the floor is 50%): 2 empty, 1 schema. "
        "What was produced is kept; mend the cause or lower the floor under `floors`, then run "
        "again"
    )
