"""Which layout `auto` takes, and that it is a matter of the rows alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

from understudy.training.batches import Example, Plan
from understudy.training.choosing import WORTH, Choice, choose, mean_cost
from understudy.training.layout import CALL_COST, CPU_CALL_COST, SHAPE_COST, Kind, Layout

LENGTHS = np.random.default_rng(0).normal(197, 70, 300).clip(30, 500).astype(int).tolist()
GPU = {"call_cost": CALL_COST, "width": 3072}
CPU = {"call_cost": CPU_CALL_COST, "width": 192}


def rows_of(lengths) -> list[Example]:
    return [
        Example(f"{n}", "v", np.arange(one, dtype=np.int32), 1) for n, one in enumerate(lengths)
    ]


def plan(kind: Kind, *, lengths=LENGTHS, batch_size=1, window=8, **device) -> Plan:
    layout = Layout(kind=kind, batch_size=batch_size, capacity=1024, **(device or CPU))
    return Plan(tuple(lengths), epochs=1.0, window=window, seed=0, layout=layout)


def chosen(**changes) -> Choice:
    rows = rows_of(changes.get("lengths", LENGTHS))
    return choose("auto", lambda kind: plan(kind, **changes), rows)


@pytest.mark.parametrize("kind", ["bucketed", "packed"])
def test_what_the_settings_say_is_taken_uncounted(kind):
    def no_plan(_: Kind) -> Plan:
        raise AssertionError

    found = choose(kind, no_plan, [])

    assert found == Choice(kind=kind, saved_by_packing=None, reason="as set")


def test_single_rows_are_packed_where_each_call_costs_and_not_where_attention_does():
    gpu, cpu = chosen(**GPU), chosen(**CPU)

    assert gpu.kind == "packed"
    assert gpu.saved_by_packing is not None
    assert gpu.saved_by_packing > 0.1
    assert cpu.kind == "bucketed"
    assert cpu.saved_by_packing is not None
    assert abs(cpu.saved_by_packing) < WORTH


def test_rows_that_fill_a_sequence_leave_nothing_to_pack():
    assert chosen(lengths=[1000] * 16, **GPU).kind == "bucketed"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (chosen(lengths=[1000] * 16, **GPU), "packing would save nothing"),
        (chosen(**CPU), r"packing would save \d\.\d%, and is taken from 2% on"),
        (chosen(**GPU), r"packing saves \d\d\.\d%"),
    ],
    ids=["nothing", "little", "much"],
)
def test_the_reason_gives_the_figure_that_was_decided_by(found, said):
    assert re.fullmatch(said, found.reason)


def test_a_shape_counts_once_however_often_it_comes():
    lengths = [150, 40] * 8
    both = plan("bucketed", lengths=lengths, window=1)
    one = plan("bucketed", lengths=[150] * 16, window=1)

    def calls(plan: Plan) -> float:
        costs = [plan.layout.cost(c, plan.lengths) for u in plan.after(0) for c in u.groups]
        return sum(costs) / plan.updates

    assert mean_cost(one, rows_of([150] * 16)) - calls(one) == pytest.approx(SHAPE_COST / 16)
    assert mean_cost(both, rows_of(lengths)) - calls(both) == pytest.approx(2 * SHAPE_COST / 16)


def test_only_the_beginning_of_a_long_training_is_counted():
    rows = rows_of(LENGTHS * 40)
    long = plan("bucketed", lengths=LENGTHS * 40)

    assert mean_cost(long, rows) == pytest.approx(
        mean_cost(plan("bucketed"), rows_of(LENGTHS)), 0.1
    )
