"""Which layout a training takes where its settings leave that open: counted, and never timed.

A timing would give two machines, or two days of one, different batches, and a run
that goes on would not be the one that began. So what each layout's calls cost
(`understudy.training.layout`) is added up over the first rows of the training
itself, and each distinct shape is compiled once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Literal

from understudy.records import Record
from understudy.training.layout import SHAPE_COST, Kind, call_width, padded

if TYPE_CHECKING:
    from understudy.training.batches import Example, Plan

WORTH = 0.02
"""Least share of the cost that packing has to save. The counted costs are no better than that, and a
row that has its sequence for itself needs no mask to part it from others."""

_NOTHING = 0.0005
"""Half of the last figure that is shown."""

JUDGED_ROWS = 1024
"""Of the training's order, from its beginning: more of them do not move the comparison."""

Asked = Literal["auto", "bucketed", "packed"]


class Choice(Record):
    """How a training's rows are laid out."""

    kind: Kind
    saved_by_packing: float | None
    """Share of the bucketed batches' cost, below 0 where packing costs more; null where nothing was
    compared."""
    reason: str


def choose(asked: Asked, plan_of: Callable[[Kind], Plan], rows: Sequence[Example]) -> Choice:
    """Choose as the settings say, and where they say `auto`, what costs less.

    Args:
        plan_of: The training's plan in either layout.
        rows: Of the training.
    """
    if asked != "auto":
        return Choice(kind=asked, saved_by_packing=None, reason="as set")
    saved = 1 - mean_cost(plan_of("packed"), rows) / mean_cost(plan_of("bucketed"), rows)
    kind: Kind = "packed" if saved >= WORTH else "bucketed"
    return Choice(kind=kind, saved_by_packing=round(saved, 4), reason=_reason(saved))


def _reason(saved: float) -> str:
    if saved >= WORTH:
        return f"packing saves {saved:.1%}"
    if saved >= _NOTHING:
        return f"packing would save {saved:.1%}, and is taken from {WORTH:.0%} on"
    if saved <= -_NOTHING:
        return f"packing would cost {-saved:.1%} more"
    return "packing would save nothing"


def mean_cost(plan: Plan, rows: Sequence[Example]) -> float:
    """What an update of a plan costs, in positions; see `Layout`.

    Args:
        rows: What the plan's lengths are of.
    """
    judged = list(islice(plan.after(0), max(1, JUDGED_ROWS // plan.window)))
    calls = [call for update in judged for call in update.groups]
    learned = [padded(sum(rows[row].learned for line in call for row in line)) for call in calls]
    widths = [call_width(call, plan.lengths) for call in calls]
    shapes = set(zip(map(len, calls), widths, learned, strict=True))
    computed = sum(plan.layout.cost(call, plan.lengths) for call in calls)
    return computed / len(judged) + SHAPE_COST * len(shapes) / plan.updates
