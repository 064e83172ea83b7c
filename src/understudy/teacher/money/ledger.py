"""Every completed call, once: an append-only journal that survives kill -9.

A reply is written by one `os.write` on an O_APPEND descriptor in the same
synchronous step in which it arrives, before anything looks at what it says. A
process that dies leaves whole lines and at most one torn one, which the next
opening closes with a newline and every reading skips.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

from pydantic import Field, ValidationError

from understudy.errors import DataError, WriteError
from understudy.locking import take
from understudy.records import Record
from understudy.teacher.calling.calls import Usage

_CLOSED = -1
"""No descriptor. The old number may be another file's by the time somebody writes to it."""
_PREFIX = b'{"digest":"'
_DIGEST = slice(len(_PREFIX), len(_PREFIX) + 64)


class Entry(Record):
    """One completed call. `digest` comes first in the line: the index reads no further."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    at: str
    """ISO time of completion, UTC."""
    channel: str
    """Whose run paid for it."""
    item_id: str
    kind: str
    endpoint: str
    model: str
    prompt_version: str
    usage: Usage
    cost_usd: float | None
    """By the price table of the day; null for a model without a price."""
    latency_s: float
    attempts: int
    """Requests it took, failed ones included."""
    prompt_chars: int
    batch: str = ""
    """The provider's name of the batch job that made it; empty for a live call."""
    body: str
    """The raw reply as the server sent it."""


class Ledger:
    """The journal, opened for one writer.

    Args:
        path: The journal; made on the first call.

    Raises:
        BusyError: Another process has it open; names the process.
        WriteError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Not `exclusive`: who holds a ledger and opens it again would write with two indexes.
        self._lock = take(path.with_suffix(".lock"), what="the teacher's ledger")
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            os.close(self._lock)
            raise WriteError(path, error.strerror or str(error)) from error
        self._torn = _ends_torn(self._handle)
        self._places = dict(_places(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Flush to the disk and let the next writer in. Nothing can be appended after it.

        Raises:
            WriteError: The disk refused what the system had taken.
        """
        handle, self._handle = self._handle, _CLOSED
        try:
            os.fsync(handle)
        except OSError as error:
            raise WriteError(self.path, error.strerror or str(error)) from error
        finally:
            os.close(handle)
            os.close(self._lock)

    def find(self, digest: str) -> Entry | None:
        """Return the stored call, or None where it was never completed."""
        place = self._places.get(digest)
        if place is None:
            return None
        offset, length = place
        entry = _parsed(os.pread(self._handle, length, offset))
        if entry is None or entry.digest != digest:  # damaged; it may stand a second time
            return next((one for one in read_entries(self.path) if one.digest == digest), None)
        return entry

    def append(self, entry: Entry) -> None:
        """Store one completed call. When this returns, no kill loses it.

        Raises:
            WriteError: The file system refused; the call will have to be made again.
        """
        line = entry.model_dump_json().encode("utf-8", "replace") + b"\n"
        try:
            content = b"\n" + line if self._torn else line
            self._torn = True
            written = os.write(self._handle, content)
        except OSError as error:
            raise WriteError(self.path, error.strerror or str(error)) from error
        if written != len(content):
            raise WriteError(self.path, f"only {written} of {len(content)} bytes fit")
        self._torn = False
        end = os.lseek(self._handle, 0, os.SEEK_END)
        self._places[entry.digest] = (end - len(line), len(line))


def read_entries(path: Path) -> Iterator[Entry]:
    """Yield all whole entries in order; torn and foreign lines are skipped.

    Raises:
        DataError: The file cannot be read.
    """
    if not path.exists():
        return
    try:
        with path.open("rb") as stream:
            for line in stream:
                entry = _parsed(line)
                if entry is not None:
                    yield entry
    except OSError as error:
        raise DataError(f"cannot read the ledger {path}: {error.strerror}") from error


def spent(path: Path, channel: str) -> float:
    """Dollars that a channel's runs have paid so far."""
    return sum(entry.cost_usd or 0.0 for entry in read_entries(path) if entry.channel == channel)


def _places(path: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield digest, offset and length of each line that looks whole."""
    offset = 0
    with path.open("rb") as stream:
        for line in stream:
            if (digest := _digest(line)) is not None:
                yield digest, (offset, len(line))
            offset += len(line)


def _digest(line: bytes) -> str | None:
    """The digest of a line that looks whole; one that another program wrote is parsed for it."""
    if not line.rstrip(b"\n").endswith(b"}"):
        return None
    if line.startswith(_PREFIX) and line[_DIGEST.stop : _DIGEST.stop + 1] == b'"':
        return line[_DIGEST].decode("ascii", "replace")
    entry = _parsed(line)
    return None if entry is None else entry.digest


def _parsed(line: bytes) -> Entry | None:
    try:
        return Entry.model_validate_json(line)
    except ValidationError:
        return None


def _ends_torn(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size > 0 and os.pread(handle, 1, size - 1) != b"\n"
