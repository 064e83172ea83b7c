"""Canaries go into the training alone, and their rank among numbers never seen is exact."""

from __future__ import annotations

from math import log2
from statistics import fmean

import numpy as np
import pytest

from tests.support.proof import SETTINGS, make_context, make_results
from understudy.canaries import KIND, canaries_of, rivals_of, row_with, trained_rows
from understudy.chat import ChatRow
from understudy.proof.agenda import Agenda
from understudy.proof.briefing import Briefing
from understudy.proof.exposure import canary_facts, canary_rows, chance_of, exposure
from understudy.proof.lineup import lineup_of
from understudy.proof.plan import Models
from understudy.proof.records import ARMS, CanaryFacts, ScoreLine
from understudy.proof.report import render

COPIES = (1, 4, 16)


def agenda(rivals=399):
    lineup = lineup_of(canaries_of(COPIES, 7), seed=7, rivals=rivals, system_prompt="Be brief.")
    return Agenda(
        test=(),
        probe=(),
        general=(),
        lineup=lineup,
        briefing=Briefing(persona="", shown=()),
        models=Models(base="b", adapter="a"),
        train_digest="t",
        settings=SETTINGS,
    )


def scored(one, losses):
    """Lines in which each arm gives the rows of the lineup these losses, in their order."""
    return [
        ScoreLine(key=one.score_key(row, arm), id=row.id, arm=arm, loss=loss, tokens=10)
        for arm in ARMS
        for row, loss in zip(one.lineup.rows, losses[arm], strict=True)
    ]


# --- making them ------------------------------------------------------------------


def test_a_training_s_canaries_depend_on_its_seed_and_are_never_among_their_rivals():
    made = canaries_of(COPIES, 7)

    assert made == canaries_of(COPIES, 7)
    assert {one.secret for one in made}.isdisjoint(one.secret for one in canaries_of(COPIES, 8))
    rivals = rivals_of(made, 7, 399)
    assert len({*rivals, *(one.secret for one in made)}) == 399 + 3
    assert all(len(one) == 9 and one.isdigit() for one in rivals)


def test_each_copy_is_a_marked_row_of_its_own_and_hides_its_number_in_the_answer():
    rows = trained_rows(canaries_of(COPIES, 7))

    assert len({row.id for row in rows}) == sum(COPIES)
    assert {(row.kind, row.video_id) for row in rows} == {(KIND, KIND)}
    assert len({row.question for row in rows}) == 1
    assert [ChatRow.model_validate(row.model_dump()) for row in rows] == rows
    assert row_with("000000042").reference == "The number of this canary is 000000042."


def test_a_training_without_canaries_ranks_nothing():
    assert lineup_of((), seed=7, rivals=399, system_prompt=None).rows == ()
    assert canary_rows((), 0.95) == ()


def test_canaries_are_asked_under_the_training_s_system_prompt():
    assert all(row.messages[0]["content"] == "Be brief." for row in agenda().lineup.rows)


# --- their exposure ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "rank", "bits"), [(0.0, 1, 2.0), (1.0, 2, 1.0), (2.5, 3, log2(4 / 3)), (9.0, 4, 0.0)]
)
def test_a_rank_in_bits_counts_equal_losses_against_the_canary(loss, rank, bits):
    found = exposure(loss, [1.0, 2.0, 3.0], 0.95)

    assert (found.rank, found.of, found.bits) == (rank, 4, pytest.approx(bits))
    assert found.ci95[0] <= found.bits <= (found.ci95[1] or 9)


def test_the_interval_is_that_of_a_share():
    """One in 511 below: Clopper and Pearson's tables give 0.005 to 1.086 % of 511."""
    low, high = exposure(1.5, [1.0, *[2.0] * 510], 0.95).ci95

    assert (2**-high, 2**-low) == (
        pytest.approx(4.95e-5, rel=0.01),
        pytest.approx(0.01086, rel=0.01),
    )
    assert exposure(0.0, [1.0] * 511, 0.95).ci95 == (pytest.approx(7.12, abs=0.01), None)


def test_a_number_that_was_not_trained_on_has_one_to_two_bits_and_seldom_stands_out():
    draws = np.random.default_rng(5).normal(size=(600, 200))
    ranked = [exposure(own, rivals, 0.95) for own, *rivals in draws]
    facts = [
        CanaryFacts(id="canary:x0123456789ab", copies=1, base=one, tuned=one) for one in ranked
    ]

    assert fmean(one.bits for one in ranked) == pytest.approx(1.44, abs=0.15)
    wrong = fmean(one.stands_out(chance=chance_of([one], 0.95)) for one in facts)
    assert wrong == pytest.approx(0.05, abs=0.025)


def test_what_is_kept_is_said_and_counts_against_it_where_it_was_seen_once():
    one = agenda()
    rivals = [float(20 + place) for place in range(399)]
    for own, out, passed in (
        (
            [300.0, 1.0, 0.5],
            "2 of 3 stand out among 399 that training never saw, those in 4 with 8.6 bits and 16 with 8.6 bits.",
            True,
        ),
        (
            [1.0, 300.0, 300.0],
            "1 of 3 stands out among 399 that training never saw, that in 1 with 8.6 bits.",
            False,
        ),
        ([300.0, 300.0, 300.0], "none of 3 stands out among 399 that training never saw.", True),
    ):
        lines = scored(one, {"base": [300.0] * 3 + rivals, "tuned": own + rivals})

        facts = canary_facts(one, lines)

        (row,) = canary_rows(facts, 0.95)
        assert row.says.endswith(f"stood in 1, 4 and 16 training rows): {out}")
        assert row.supports is passed
        assert all(fact.base.bits < 1 for fact in facts)


def test_a_loss_that_is_no_number_ranks_nothing():
    one = agenda()
    losses = [1.0] * len(one.lineup.rows)
    lines = scored(one, {"base": losses, "tuned": [float("nan"), *losses[1:]]})

    assert [fact.copies for fact in canary_facts(one, lines)] == [4, 16]


def test_the_page_shows_rank_bits_and_interval_of_each():
    facts = CanaryFacts(
        id="canary:x0123456789ab",
        copies=4,
        base=exposure(5.0, range(511), 0.95),
        tuned=exposure(-1.0, range(511), 0.95),
    )
    results = make_results().model_copy(update={"canaries": (facts,)})

    page = render(results, make_context())

    assert "Memory of single rows" not in render(make_results(), make_context())
    assert "1 of 512" in page
    assert "<b>9.00</b><small>7.12 or more</small>" in page
    assert "Stands out: the tuned model keeps it" in page
