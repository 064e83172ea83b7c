"""What a run's calls came to, beside what they were quoted at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.records import Record
from understudy.teacher.calling.calls import Usage
from understudy.teacher.calling.tally import Counts
from understudy.teacher.money.in_all import InAll
from understudy.teacher.money.pricing import Meter
from understudy.teacher.money.quote import Quote
from understudy.teacher.money.showing import dollars, share

FAR_UNDER = 0.5
"""Share of the planned caching under which something must be wrong with the prompt's layout."""
LEAST_PLAN, LEAST_PROMPT = 0.1, 20_000
"""Under such a plan, or so few tokens, chance decides."""


class PassBill(Record):
    """One pass of a run."""

    name: str
    calls: int
    """Completed by the server, repairs and re-asked questions included."""
    usage: Usage
    cost_usd: float | None
    """None for a model without a price."""


class Bill(InAll, Record):
    """One run at the teacher."""

    quote: Quote
    """Made at the run's start for what it still had to ask."""
    passes: tuple[PassBill, ...]
    reused: int
    """Calls that were in the ledger already."""
    failed: int
    """Requests that failed, by whatever cause."""
    repaired: int
    """Replies that went back to the model."""
    quarantined: int
    refused: Mapping[str, int]
    """Calls that the server refused for good, by the sentence that says why and what to do."""
    budget_usd: float | None
    spent_usd: float | None
    """By this channel, earlier runs included; None without a price."""


def bill_of(quote: Quote, counts: Counts, meter: Meter) -> Bill:
    """Draw up the bill of a run, or of one so far."""
    priced = meter.price is not None
    return Bill(
        quote=quote.of_run,
        passes=tuple(
            PassBill(
                name=name,
                calls=one.calls,
                usage=one.usage,
                cost_usd=round(one.cost_usd, 8) if priced else None,
            )
            for name, one in sorted(counts.by_pass.items(), reverse=True)
        ),
        reused=counts.reused,
        failed=counts.failed,
        repaired=counts.repaired,
        quarantined=counts.quarantined,
        refused=dict(counts.refused.most_common()),
        budget_usd=meter.budget_usd,
        spent_usd=round(meter.paid, 8) if priced else None,
    )


def progress_line(bill: Bill) -> str:
    """Calls, cached share, cost and budget in one line for a running meter."""
    usage = bill.usage
    said = [
        f"{bill.calls} of about {bill.quote.calls} calls",
        f"{share(usage.cached, usage.prompt)} of input cached",
    ]
    if bill.reused:
        said.insert(1, f"{bill.reused} from the ledger")
    if bill.spent_usd is not None:
        said.append(dollars(bill.cost_usd))
        if bill.budget_usd is not None:
            said.append(f"budget {dollars(bill.spent_usd)} of {dollars(bill.budget_usd)}")
    return ", ".join(said)


def bill_line(bill: Bill) -> str:
    """The run in one line: `teacher  44 calls  45 % of input cached  $0.2801, quoted $0.2970`."""
    usage = bill.usage
    cost = "cost unknown: the model has no price"
    if bill.cost_usd is not None:
        cost = f"{dollars(bill.cost_usd)}, quoted {dollars(bill.quote.cost_usd)}"
    reused = f"{bill.reused} from the ledger   " if bill.reused else ""
    return (
        f"{'teacher':<12} {bill.calls:>6} calls   {reused}"
        f"{share(usage.cached, usage.prompt)} of input cached   {cost}"
    )


def bill_rows(bill: Bill) -> list[dict[str, Any]]:
    """The bill beside its quote as a table: one line per pass and one for all."""
    quoted = {one.name: one for one in bill.quote.passes}
    rows = [
        _row(one.name, one.calls, one.usage, one.cost_usd)
        | _quoted(quoted[one.name].usage, quoted[one.name].calls, quoted[one.name].cost_usd)
        for one in bill.passes
        if one.name in quoted
    ]
    total = _row("all", bill.calls, bill.usage, bill.cost_usd)
    offer = bill.quote
    return [*rows, total | _quoted(offer.usage, offer.calls, offer.cost_usd)]


def warnings_of(bill: Bill) -> list[str]:
    """What a person should know beside the cost, a sentence each."""
    refused = [
        f"{count} {'call was' if count == 1 else 'calls were'} refused: {sentence}"
        for sentence, count in bill.refused.items()
    ]
    planned = under_plan(bill)
    return [*refused, planned] if planned else refused


def under_plan(bill: Bill) -> str | None:
    """Say that the prompt cache saved far less than was planned; None where it did not."""
    planned, usage = bill.quote.cached_share, bill.usage
    resumed = bill.reused * 4 > bill.calls
    if planned < LEAST_PLAN or usage.prompt < LEAST_PROMPT or resumed:
        return None
    measured = usage.cached / usage.prompt
    if measured >= FAR_UNDER * planned:
        return None
    return (
        f"the prompt cache served {measured:.0%} of the input tokens and {planned:.0%} were "
        "planned: the server may not cache, or not report it; see docs/TEACHER.md"
    )


def _row(name: str, calls: int, usage: Usage, cost: float | None) -> dict[str, Any]:
    return {
        "pass": name,
        "calls": calls,
        "input": usage.prompt,
        "cached": share(usage.cached, usage.prompt),
        "output": usage.completion,
        "reasoning": usage.reasoning,
        "cost": dollars(cost),
    }


def _quoted(usage: Usage, calls: int, cost: float | None) -> dict[str, Any]:
    return {
        "quoted calls": calls,
        "quoted input": usage.prompt,
        "quoted cached": share(usage.cached, usage.prompt),
        "quoted output": usage.completion,
        "quoted cost": dollars(cost),
    }
