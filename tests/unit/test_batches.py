"""Which rows an update takes and how they lie: nothing lost, nothing moved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.errors import TrainingError
from understudy.training.batches import (
    Example,
    Plan,
    check_lengths,
    collate,
    ends_learned,
    example,
)
from understudy.training.chat import Encoded
from understudy.training.layout import CALL_COST, CPU_CALL_COST, PAD_TO, Layout, pack, padded
from understudy.training.validation import is_lost

LENGTHS = st.lists(st.integers(2, 200), min_size=1, max_size=60)


def make_example(name: str, length: int, learned_from: int = 1) -> Example:
    return Example(name, name, np.arange(length, dtype=np.int32), learned_from)


def make_layout(kind="bucketed", **changes) -> Layout:
    options = {"batch_size": 2, "capacity": 256, "call_cost": CALL_COST, "width": 512}
    return Layout(kind=kind, **{**options, **changes})


def make_plan(lengths, **changes) -> Plan:
    options = {"epochs": 2.0, "window": 6, "seed": 1, "layout": make_layout()}
    return Plan(lengths=tuple(lengths), **{**options, **changes})


def rows_of(plan: Plan, done: int = 0) -> list[list[int]]:
    return [
        sorted(row for group in update.groups for sequence in group for row in sequence)
        for update in plan.after(done)
    ]


@given(LENGTHS, st.sampled_from(["bucketed", "packed"]))
def test_every_row_trains_once_an_epoch_the_longest_too(lengths, layout):
    plan = make_plan(lengths, epochs=3, layout=make_layout(layout))

    seen = [row for rows in rows_of(plan) for row in rows]

    assert sorted(seen) == sorted(list(range(len(lengths))) * 3)


@given(LENGTHS)
def test_an_update_takes_the_same_rows_in_every_layout(lengths):
    assert rows_of(make_plan(lengths)) == rows_of(make_plan(lengths, layout=make_layout("packed")))


@given(LENGTHS, st.integers(0, 30))
def test_going_on_takes_what_would_have_followed(lengths, done):
    plan = make_plan(lengths)

    assert rows_of(plan, done) == rows_of(plan)[done:]


@given(LENGTHS, st.floats(0.1, 4))
def test_the_announced_updates_are_the_updates_done(lengths, epochs):
    plan = make_plan(lengths, epochs=epochs)

    assert len(rows_of(plan)) == plan.updates


def test_the_arithmetic_is_told_in_words():
    plan = make_plan([10] * 1367, window=8)

    assert plan.announcement == "1,367 rows x 2 epochs / 8 = 342 updates"


def test_epochs_and_seeds_have_orders_of_their_own():
    rows = rows_of(make_plan([10] * 42))

    assert rows[:7] != rows[7:]
    assert rows != rows_of(make_plan([10] * 42, seed=2))
    assert rows == rows_of(make_plan([10] * 42))


@given(LENGTHS, st.integers(1, 9))
def test_grouping_by_length_loses_nothing_and_never_costs_more_than_whole_groups(lengths, size):
    layout = make_layout(batch_size=size)
    groups = layout.calls(range(len(lengths)), lengths)
    ordered = sorted(lengths, reverse=True)

    def cost(parts: list[list[int]]) -> float:
        widths = [padded(max(part) - 1) for part in parts]
        slowed = [width * (1 + width / (3 * layout.width)) for width in widths]
        return sum(len(part) * each + CALL_COST for part, each in zip(parts, slowed, strict=True))

    whole = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    found = [[lengths[row] for sequence in group for row in sequence] for group in groups]
    assert sorted(row for group in groups for (row,) in group) == list(range(len(lengths)))
    assert all(1 <= len(group) <= size for group in groups)
    assert [n for part in found for n in part] == ordered
    assert cost(found) <= cost(whole) * (1 + 1e-9)


@given(LENGTHS, st.integers(200, 2000), st.sampled_from([64, 4096]))
def test_packing_computes_nothing_over_its_capacity_and_loses_no_row(lengths, capacity, width):
    layout = make_layout("packed", capacity=capacity, width=width)

    calls = layout.calls(range(len(lengths)), lengths)

    rows = [row for call in calls for line in call for row in line]
    assert sorted(rows) == list(range(len(lengths)))
    for call in calls:
        widest = max(sum(lengths[row] - 1 for row in line) for line in call)
        assert len(call) * padded(widest) <= capacity or len(call) == 1


def test_lines_are_short_where_attention_costs_and_full_where_calls_do():
    lengths = [400, 300, 250, 200, 150, 120, 100, 80]
    small = make_layout("packed", capacity=1024, call_cost=CPU_CALL_COST, width=192)
    large = make_layout("packed", capacity=1024, call_cost=CALL_COST, width=4096)

    def longest(layout: Layout) -> int:
        calls = layout.calls(range(8), lengths)
        return max(sum(lengths[row] for row in line) for call in calls for line in call)

    assert longest(small) <= 420
    assert len(large.calls(range(8), lengths)) == 2


@given(LENGTHS, st.integers(50, 256))
def test_packing_loses_nothing_and_overfills_nothing(lengths, capacity):
    bins = pack(range(len(lengths)), lengths, capacity)

    assert sorted(row for one in bins for row in one) == list(range(len(lengths)))
    for one in bins:
        used = sum(lengths[row] - 1 for row in one)
        assert used <= capacity or len(one) == 1


def test_packing_fills_real_lengths_well():
    lengths = np.random.default_rng(0).normal(197, 70, 1709).clip(30, 500).astype(int).tolist()

    bins = pack(range(len(lengths)), lengths, 1024)

    assert sum(lengths) / (len(bins) * 1024) > 0.97


@given(LENGTHS, st.sampled_from(["bucketed", "packed"]))
def test_every_token_after_the_prompt_is_learned_exactly_once(lengths, layout):
    examples = [make_example(str(i), n, max(1, n // 3)) for i, n in enumerate(lengths)]

    for group in make_layout(layout, batch_size=4).calls(range(len(lengths)), lengths):
        batch = collate(group, examples)
        assert batch.inputs.shape[1] % PAD_TO == 0
        for row in {row for sequence in group for row in sequence}:
            places = (batch.rows == row) & (batch.weights > 0)
            one = examples[row]
            assert batch.targets[places].tolist() == one.tokens[one.learned_from :].tolist()
            assert batch.inputs[batch.rows == row].tolist() == one.tokens[:-1].tolist()
        assert not batch.weights[batch.rows < 0].any()
        assert batch.places[: batch.learned].tolist() == np.flatnonzero(batch.weights).tolist()
        assert len(batch.places) == padded(batch.learned)


def test_sorting_in_a_window_pads_little():
    lengths = np.random.default_rng(0).normal(197, 70, 1709).clip(30, 500).astype(int).tolist()
    plan = make_plan(lengths, window=16, epochs=1, layout=make_layout(batch_size=4))
    examples = [make_example(str(i), n) for i, n in enumerate(lengths)]

    batches = [collate(group, examples) for update in plan.after(0) for group in update.groups]

    positions = sum(batch.inputs.size for batch in batches)
    assert 1 - sum(batch.useful for batch in batches) / positions < 0.2


def test_the_first_token_of_a_row_is_never_a_target():
    batch = collate([[0]], [make_example("a", 5, learned_from=1)])

    assert batch.learned == 4


def test_a_cut_row_loses_its_end_and_is_counted():
    encoded = Encoded(np.arange(10, dtype=np.int32), prompt_length=4)

    cut = example("a", "v", encoded, max_seq_length=8, mask_prompt=True)

    assert cut.truncated
    assert (cut.length, cut.learned) == (8, 4)


@pytest.mark.parametrize(
    ("loss", "start", "lost"),
    [
        (float("nan"), 1.0, True),
        (float("inf"), 1.0, True),
        (7.0, 0.7, True),  # a thousand words to guess among: guessing costs 6.9
        (6.8, 0.7, False),
        (7.0, 6.9, False),  # a base that begins by guessing
    ],
)
def test_a_training_is_lost_where_it_is_worse_than_guessing_and_than_its_base(loss, start, lost):
    assert is_lost(loss, start=start, vocabulary=1000) == lost


def test_rows_whose_end_is_learned_are_counted():
    whole = make_example("a", 9)  # tokens 0 to 8, so that 8 ends it
    cut = Example("b", "b", np.arange(8, dtype=np.int32), 1)
    with_line_end = Example("c", "c", np.array([1, 2, 3, 8, 4], dtype=np.int32), 2)
    prompt_alone = Example("d", "d", np.array([1, 8, 3, 5, 5, 5, 5], dtype=np.int32), 1)

    assert ends_learned([whole, cut, with_line_end, prompt_alone], {8}) == 0.5


def test_too_many_cut_rows_are_refused_with_their_count():
    encoded = Encoded(np.arange(10, dtype=np.int32), prompt_length=4)
    cut = example("vid:q01", "v", encoded, max_seq_length=8, mask_prompt=True)

    with pytest.raises(TrainingError, match=r"1 of 2 rows.*8 tokens, first vid:q01"):
        check_lengths([cut, make_example("b", 5)], max_seq_length=8, max_share=0.4)

    check_lengths([cut, make_example("b", 5)], max_seq_length=8, max_share=0.5)


def test_a_row_that_is_all_prompt_is_refused_even_where_cutting_is_allowed():
    encoded = Encoded(np.arange(10, dtype=np.int32), prompt_length=9)
    mute = example("vid:q01", "v", encoded, max_seq_length=8, mask_prompt=True)

    with pytest.raises(TrainingError, match=r"nothing of row vid:q01"):
        check_lengths([mute], max_seq_length=8, max_share=1)
