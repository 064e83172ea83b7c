"""What a model cost: the teacher's bills, and the training's time and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from understudy.teacher.money.bill import Bill
from understudy.teacher.money.showing import dollars

NO_BILL = "nothing: this channel asked no paid teacher"


def cost_rows(
    bills: Mapping[str, Bill], metrics: Mapping[str, Any] | None, device: str
) -> tuple[tuple[str, str], ...]:
    """Name and figure of each cost, as the report shows them.

    Args:
        bills: Of the channel's newest runs, by what was asked for.
        metrics: `training_metrics.json`.
        device: What trained.
    """
    return (*_teacher(bills), *_training(metrics or {}, device))


def _teacher(bills: Mapping[str, Bill]) -> Iterator[tuple[str, str]]:
    if not bills:
        yield "Teacher", NO_BILL
    for name, bill in bills.items():
        cost = "the model has no price"
        if bill.cost_usd is not None:
            cost = f"{dollars(bill.cost_usd)}, quoted {dollars(bill.quote.cost_usd)}"
        reused = f"; {bill.reused:,} more were in the ledger already" if bill.reused else ""
        yield f"Teacher, newest run for {name}", f"{cost}, in {bill.calls:,} calls{reused}"
    spent = [bill.spent_usd for bill in bills.values() if bill.spent_usd is not None]
    if spent:
        yield "Teacher, this channel so far", dollars(max(spent))


def _training(metrics: Mapping[str, Any], device: str) -> Iterator[tuple[str, str]]:
    whole = trained_seconds(_known(metrics, "seconds"))
    if whole:
        tokens = max(_known(metrics, "trained_tokens"), default=0)
        yield "Training", f"{spoken_time(whole)} for {tokens:,.0f} learned tokens, on {device}"
    if peak := max(_known(metrics, "peak_memory_gb"), default=0):
        yield "Training, most memory", f"{peak:.2f} GB"


def trained_seconds(clock: Sequence[float]) -> float:
    """Time of all processes that worked on a run.

    Args:
        clock: Seconds since its process began, line by line; it falls where another went on.
    """
    falls = [one for one, after in pairwise(clock) if after < one]
    return sum(falls) + (clock[-1] if clock else 0.0)


def spoken_time(seconds: float) -> str:
    """`2 h 05 min`, `12 min` or `48 s`."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if seconds >= 90 else f"{seconds:.0f} s"


def _known(metrics: Mapping[str, Any], name: str) -> list[float]:
    return [float(one) for one in metrics.get(name) or () if one is not None]
