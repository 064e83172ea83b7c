"""The ledger as a person wants to see it: sums by pass and model, and less of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from understudy.artifacts import write_bytes
from understudy.records import Record
from understudy.teacher.calls import Usage
from understudy.teacher.ledger import Entry, Ledger, read_entries


class Sum(Record):
    """All calls of one channel, pass and model."""

    channel: str
    kind: str
    model: str
    calls: int
    usage: Usage
    cost_usd: float | None
    """None where no call had a price."""
    seconds: float
    """Of waiting for replies, all calls added up."""
    attempts: int
    """Requests, failed ones included."""


def sums(entries: Iterable[Entry]) -> list[Sum]:
    """Add up the ledger, in alphabetical order."""
    groups: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.channel, entry.kind, entry.model].append(entry)
    return [_sum(*key, groups[key]) for key in sorted(groups)]


def _sum(channel: str, kind: str, model: str, entries: list[Entry]) -> Sum:
    usage = Usage()
    for entry in entries:
        usage = usage + entry.usage
    costs = [entry.cost_usd for entry in entries if entry.cost_usd is not None]
    return Sum(
        channel=channel,
        kind=kind,
        model=model,
        calls=len(entries),
        usage=usage,
        cost_usd=sum(costs) if costs else None,
        seconds=round(sum(entry.latency_s for entry in entries), 3),
        attempts=sum(entry.attempts for entry in entries),
    )


def prune(path: Path, keep: Callable[[Entry], bool]) -> int:
    """Take entries out of the ledger; the calls behind them will be paid again when needed.

    Args:
        keep: Says which stay.

    Returns:
        How many went.

    Raises:
        BusyError: A run has it open.
        WriteError: The file system refused; the old ledger is whole.
    """
    with Ledger(path):
        entries = list(read_entries(path))
        kept = [entry for entry in entries if keep(entry)]
        lines = (entry.model_dump_json().encode("utf-8", "replace") + b"\n" for entry in kept)
        write_bytes(path, b"".join(lines))
        path.chmod(0o600)
    return len(entries) - len(kept)
