"""Quotes, ledger totals and batch jobs as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

from understudy.teacher.money.bookkeeping import Total
from understudy.teacher.money.quote import PassQuote, Quote

if TYPE_CHECKING:  # the client takes a second to import
    from understudy.teacher.batch.overview import Standing


def dollars(amount: float | None) -> str:
    """`$0.0123`, with more digits the smaller it is; a dash for a cost that nobody knows."""
    if amount is None:
        return "–"
    return f"${amount:,.2f}" if amount >= 10 else f"${amount:.4f}"


def share(part: int, whole: int) -> str:
    """`43 %`, or a dash of nothing."""
    return f"{part / whole:.0%}".replace("%", " %") if whole else "–"


def quote_table(offer: Quote) -> Table:
    """One line per pass and one for all."""
    table = _table("pass", "calls", "input", "of it cached", "output", "live", "batch")
    for one in offer.passes:
        table.add_row(*_pass_cells(one))
    total, usage = offer, offer.usage
    table.add_section()
    table.add_row(
        "both" if len(offer.passes) == 2 else "all",
        f"{total.calls:,}",
        f"{usage.prompt:,}",
        share(usage.cached, usage.prompt),
        f"{usage.completion:,}",
        dollars(total.cost_usd),
        dollars(total.batch_usd),
        style="bold",
    )
    return table


def _pass_cells(one: PassQuote) -> tuple[str, ...]:
    usage = one.usage
    return (
        one.name,
        f"{one.calls:,}",
        f"{usage.prompt:,}",
        share(usage.cached, usage.prompt),
        f"{usage.completion:,}",
        dollars(one.cost_usd),
        dollars(one.batch_usd),
    )


def ledger_table(by: Sequence[str], found: Iterable[Total], whole: Total) -> Table:
    """One line per group and one for the whole ledger."""
    table = _table(
        *by, "calls", "input", "of it cached", "output", "cost", "mean wait", left=len(by)
    )
    for one in found:
        table.add_row(*map(escape, one.of), *_total_cells(one))
    table.add_section()
    table.add_row("all", *[""] * (len(by) - 1), *_total_cells(whole), style="bold")
    return table


def jobs_table(jobs: Iterable[Standing], now: datetime) -> Table:
    """One line per batch job."""
    table = _table("job", "channel", "model", "state", "calls", "age", left=4)
    for one in jobs:
        job = one.job
        named = (job.name, job.channel, job.model, one.state)
        table.add_row(*map(escape, named), f"{len(job.calls):,}", _age(now - job.planned_at))
    return table


def _age(age: timedelta) -> str:
    minutes = max(round(age.total_seconds() / 60), 0)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _total_cells(total: Total) -> tuple[str, ...]:
    return (
        f"{total.calls:,}",
        f"{total.usage.prompt:,}",
        share(total.usage.cached, total.usage.prompt),
        f"{total.usage.completion:,}",
        dollars(total.cost_usd),
        f"{total.seconds / total.calls:.1f} s",
    )


def _table(*headers: str, left: int = 1) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, header in enumerate(headers):
        table.add_column(header, justify="left" if place < left else "right")
    return table
