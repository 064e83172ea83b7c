"""The ledger as a person wants to see it: added up, exported, and less of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from understudy.artifacts import write_bytes
from understudy.errors import ConfigError
from understudy.teacher.calling.calls import Usage
from understudy.teacher.money.ledger import Entry, Ledger, read_entries

ASPECTS: Mapping[str, Callable[[Entry], str]] = {
    "channel": lambda entry: entry.channel,
    "pass": lambda entry: entry.kind,
    "model": lambda entry: entry.model,
    "mode": lambda entry: "batch" if entry.batch else "live",
    "day": lambda entry: entry.at[:10],
    "endpoint": lambda entry: entry.endpoint,
    "prompt": lambda entry: entry.prompt_version,
}
"""By what calls can be told apart."""


@dataclass(frozen=True)
class Total:
    """All calls that are alike in some aspects."""

    of: tuple[str, ...]
    """What they share, in the order of the aspects."""
    calls: int
    usage: Usage
    cost_usd: float | None
    """None where no call had a price."""
    seconds: float
    """Of waiting for replies, all calls added up."""
    attempts: int
    """Requests, failed ones included."""

    @property
    def cached_share(self) -> float:
        return self.usage.cached / self.usage.prompt if self.usage.prompt else 0.0


def totals(entries: Iterable[Entry], by: Sequence[str]) -> list[Total]:
    """Add up the ledger by some of `ASPECTS`, in alphabetical order; by none gives one total."""
    groups: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[tuple(ASPECTS[name](entry) for name in by)].append(entry)
    return [_total(shared, groups[shared]) for shared in sorted(groups)]


def _total(shared: tuple[str, ...], entries: Sequence[Entry]) -> Total:
    usage = Usage()
    for entry in entries:
        usage = usage + entry.usage
    costs = [entry.cost_usd for entry in entries if entry.cost_usd is not None]
    return Total(
        of=shared,
        calls=len(entries),
        usage=usage,
        cost_usd=sum(costs) if costs else None,
        seconds=round(sum(entry.latency_s for entry in entries), 3),
        attempts=sum(entry.attempts for entry in entries),
    )


def keeper(conditions: Iterable[str]) -> Callable[[Entry], bool]:
    """Read conditions such as `channel=demo` and `since=2026-11-01` for `prune`.

    An entry stays if it meets one condition of every aspect that is named.

    Raises:
        ConfigError: One cannot be read.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for condition in conditions:
        name, equals, value = condition.partition("=")
        if not equals or name not in {*ASPECTS, "since"} or not value:
            raise ConfigError(
                f"cannot read the condition {condition!r}: write one of {', '.join(ASPECTS)} or "
                "since, then = and a value, such as channel=demo or since=2026-11-01"
            )
        wanted[name].add(_day(value) if name in {"since", "day"} else value)

    def keep(entry: Entry) -> bool:
        return all(
            entry.at[:10] >= min(values) if name == "since" else ASPECTS[name](entry) in values
            for name, values in wanted.items()
        )

    return keep


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day: write it like 2026-11-01") from error


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
