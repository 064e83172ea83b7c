"""Tables of rows that nobody holds: gone through from disk, changed on their way, or packed.

A row takes 4.6 kB as an object and 20 µs to read. So a stage goes through its table as often
as it needs to, holds of it the columns that it decides on, and hands on the rows as it changes
them, one by one on their way to the stage's own file.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

from understudy.artifacts import iter_parquet, json_line
from understudy.records import Row


class Anew:
    """Rows that are read or made anew each time they are gone through.

    Args:
        begin: Begins them again; every time it must give the same.
    """

    def __init__(self, begin: Callable[[], Iterable[Row]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[Row]:
        return iter(self._begin())


Rows = Sequence[Row] | Anew
"""Rows that can be gone through more than once, as a generator cannot."""


def table(path: Path) -> Anew:
    """The rows of `rows.parquet`, a batch at a time in memory.

    Raises:
        DataError: On the way: it is missing, no Parquet, or holds something else.
    """
    return Anew(lambda: iter_parquet(path, Row))


def changed(rows: Rows, change: Callable[[Row], Row]) -> Anew:
    """The rows as this changes each of them."""
    return Anew(lambda: map(change, rows))


def selected(rows: Rows, wanted: Callable[[Row], bool]) -> Anew:
    """Those rows of which this is true."""
    return Anew(lambda: filter(wanted, rows))


def is_kept(row: Row) -> bool:
    """Whether a row is still in."""
    return row.status == "kept"


# --- packed ------------------------------------------------------------------


class Packed(Sequence[Row]):
    """Rows held as compressed JSON, a fifth of what they take as objects, and unpacked one by one."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._packed = [_packed(row) for row in rows]

    def arranged(self, order: Iterable[int]) -> Packed:
        """The rows at these places, in this order."""
        other = Packed()
        other._packed = [self._packed[place] for place in order]
        return other

    def put(self, place: int, row: Row) -> None:
        """Put a row in the place of another."""
        self._packed[place] = _packed(row)

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [_unpacked(one) for one in self._packed[index]]
        return _unpacked(self._packed[index])


def _packed(row: Row) -> bytes:
    return zlib.compress(json_line(row), 1)


def _unpacked(packed: bytes) -> Row:
    return Row.model_validate_json(zlib.decompress(packed))


def gathered(rows: Rows, groups: Sequence[Sequence[int]]) -> Iterator[list[Row]]:
    """Yield the rows at these places, group by group; those that are waited for are held packed."""
    wanted = {place for group in groups for place in group}
    held = {place: _packed(row) for place, row in enumerate(rows) if place in wanted}
    return ([_unpacked(held[place]) for place in group] for group in groups)


def named(rows: Rows, names: Collection[str]) -> Callable[[str], Row]:
    """Find the rows with these ids, by id; they are held packed."""
    held = {row.id: _packed(row) for row in rows if row.id in names}
    return lambda name: _unpacked(held[name])
