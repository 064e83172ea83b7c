"""The ledger as a table for other programs: CSV, Parquet or JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from understudy.artifacts import Artifact, write_jsonl, write_parquet, write_text
from understudy.errors import ConfigError
from understudy.records import Record
from understudy.teacher.money.ledger import Entry


class LedgerRow(Record):
    """One call, flat."""

    digest: str
    at: str
    channel: str
    item_id: str
    kind: str
    endpoint: str
    model: str
    prompt_version: str
    prompt_tokens: int
    cached_tokens: int
    written_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost_usd: float | None
    latency_s: float
    attempts: int
    prompt_chars: int
    reply: str = ""
    """The raw body, where it was asked for."""


def rows_of(entries: Iterable[Entry], *, replies: bool) -> list[LedgerRow]:
    """Flatten the ledger, in its order.

    Args:
        replies: Whether to take the raw replies along.
    """
    return [
        LedgerRow(
            digest=entry.digest,
            at=entry.at,
            channel=entry.channel,
            item_id=entry.item_id,
            kind=entry.kind,
            endpoint=entry.endpoint,
            model=entry.model,
            prompt_version=entry.prompt_version,
            prompt_tokens=entry.usage.prompt,
            cached_tokens=entry.usage.cached,
            written_tokens=entry.usage.written,
            completion_tokens=entry.usage.completion,
            reasoning_tokens=entry.usage.reasoning,
            cost_usd=entry.cost_usd,
            latency_s=entry.latency_s,
            attempts=entry.attempts,
            prompt_chars=entry.prompt_chars,
            reply=entry.body if replies else "",
        )
        for entry in entries
    ]


def export(path: Path, rows: Sequence[LedgerRow], *, replies: bool) -> Artifact:
    """Write the rows in the format that the file's name asks for, whole or not at all.

    Raises:
        ConfigError: It ends in none of `.csv`, `.parquet`, `.jsonl`.
        WriteError: The file system refused.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise ConfigError(
            f"{path.name}: the ledger can be exported as {', '.join(_WRITERS)}; name the file so"
        )
    names = [name for name in LedgerRow.model_fields if replies or name != "reply"]
    return write(path, rows, names)


def _csv(path: Path, rows: Sequence[LedgerRow], names: Sequence[str]) -> Artifact:
    text = io.StringIO()
    table = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(row.model_dump() for row in rows)
    return write_text(path, text.getvalue())


def _jsonl(path: Path, rows: Sequence[LedgerRow], names: Sequence[str]) -> Artifact:
    return write_jsonl(path, (row.model_dump(include=set(names)) for row in rows))


def _parquet(path: Path, rows: Sequence[LedgerRow], names: Sequence[str]) -> Artifact:
    kinds = {name: _TYPES.get(name, pa.string()) for name in names}
    return write_parquet(path, rows, pa.schema(list(kinds.items())))


_TYPES: Mapping[str, pa.DataType] = {
    **{name: pa.int64() for name, info in LedgerRow.model_fields.items() if info.annotation is int},
    "cost_usd": pa.float64(),
    "latency_s": pa.float64(),
}
_Writer = Callable[[Path, Sequence[LedgerRow], Sequence[str]], Artifact]
_WRITERS: Mapping[str, _Writer] = {".csv": _csv, ".parquet": _parquet, ".jsonl": _jsonl}
