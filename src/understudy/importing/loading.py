"""From a file of any known format to plain rows, each with the place it came from."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast

import pyarrow as pa
import pyarrow.parquet as pq

from understudy.artifacts import numbered_lines
from understudy.errors import DataError, EmptySourceError, RowError
from understudy.importing.shapes import shape_of
from understudy.records import YOUTUBE_ID

Format = Literal["Parquet", "JSON", "JSON lines", "CSV"]

_WRAPPERS = ("data", "rows", "items", "videos", "results", "examples", "questions", "transcripts")
_LARGEST_FIELD = 2**27
_SHORTEST_TALK = 80
"""In characters: a shorter text under some key is a field of an unknown row, and no talk."""


@dataclass(frozen=True)
class RawRow:
    """One record as the file has it, with keys in lower case."""

    place: str
    """Such as `line 12`, for people."""
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Loaded:
    """What a file holds before anybody asks what it means."""

    format: Format
    rows: tuple[RawRow, ...]


def load(path: Path) -> Loaded:
    """Read a file, whatever its name says.

    Raises:
        RowError: A line or row does not parse; nothing of the file is taken.
        EmptySourceError: There is nothing in it.
        DataError: It is missing, unreadable, or of no format we know.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    loaded = _load(path, head)
    if not loaded.rows:
        raise EmptySourceError(f"{path} holds no row to import")
    return loaded


def _load(path: Path, head: bytes) -> Loaded:
    if head.startswith(b"PAR1"):
        return Loaded("Parquet", tuple(_parquet(path)))
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise EmptySourceError(f"{path} is empty")
    if start[:1] not in b"[{":
        return Loaded("CSV", tuple(csv_rows(path)))
    if _is_json_lines(path):
        return Loaded("JSON lines", tuple(json_line_rows(path)))
    return Loaded("JSON", tuple(_json_document(path)))


def _is_json_lines(path: Path) -> bool:
    """Whether there are several lines, and one of the first two is an object by itself.

    Two are looked at, so that a slip in the first is reported as what it is.
    """
    first = [line for _, line in islice(numbered_lines(path), 2)]
    return len(first) == 2 and first[0].startswith("{") and any(map(_is_object, first))


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def json_line_rows(path: Path) -> list[RawRow]:
    """Read one object per line.

    Raises:
        RowError: A line is no JSON object.
    """
    rows: list[RawRow] = []
    for number, line in numbered_lines(path):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RowError(path, number, f"not JSON ({_slip(error)})") from error
        if not isinstance(value, dict):
            raise RowError(path, number, f"not an object but {type(value).__name__}")
        rows.append(_row(f"line {number}", cast("Mapping[Any, Any]", value)))
    return rows


def _slip(error: Exception) -> str:
    """What is wrong and where in the line, without json's own count of lines."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.colno}"
    return str(error)[:100]


def _json_document(path: Path) -> list[RawRow]:
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {str(error)[:200]}") from error
    return _items(value, path)


def _items(value: Any, path: Path) -> list[RawRow]:
    """Turn a document into rows: a list, an object that wraps one, one row, or rows by video."""
    if isinstance(value, list):
        return [_item(one, index, path) for index, one in enumerate(value, start=1)]
    fields = cast("Mapping[str, Any]", value)
    if len(fields) == 1:
        (key, inner), *_ = fields.items()
        if key.lower() in _WRAPPERS and isinstance(inner, list | dict):
            return _items(inner, path)
    if shape_of({key.lower(): one for key, one in fields.items()}) or not _by_video(fields):
        return [_row("the only row", fields)]
    return [_keyed(key, one, path) for key, one in fields.items()]


def _by_video(fields: Mapping[str, Any]) -> bool:
    """Whether an object's keys can be videos: an id, or a value that is more than a word or two."""
    return any(
        isinstance(one, list | dict)
        or YOUTUBE_ID.fullmatch(key)
        or (isinstance(one, str) and len(one) >= _SHORTEST_TALK)
        for key, one in fields.items()
    )


def _item(value: Any, index: int, path: Path) -> RawRow:
    if not isinstance(value, dict):
        raise RowError(path, index, f"item {index} is not an object but {type(value).__name__}")
    return _row(f"item {index}", cast("Mapping[Any, Any]", value))


def _keyed(key: str, value: Any, path: Path) -> RawRow:
    """A row whose key is the video it belongs to."""
    if isinstance(value, dict):
        return _row(key, {"video_id": key, **cast("Mapping[str, Any]", value)})
    if isinstance(value, list):
        lines = cast("Sequence[Any]", value)
        timed = bool(lines) and isinstance(lines[0], dict) and "start" in lines[0]
        return _row(key, {"video_id": key, "segments" if timed else "questions": lines})
    if isinstance(value, str):
        return _row(key, {"video_id": key, "text": value})
    raise DataError(f"{path}: under {key[:60]!r} there is {type(value).__name__}, and no row")


def _parquet(path: Path) -> list[RawRow]:
    try:
        rows = pq.read_table(path).to_pylist()
    except (OSError, ValueError, OverflowError, pa.ArrowException) as error:
        raise DataError(f"{path} is not whole as Parquet: {str(error)[:200]}") from error
    return [_row(f"row {index}", row) for index, row in enumerate(rows, start=1)]


def csv_rows(path: Path) -> list[RawRow]:
    """Read a table with a header, separated by commas, semicolons or tabs.

    Raises:
        RowError: A line has another number of fields than the header.
        DataError: It is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8, which CSV is read as: save it as CSV UTF-8"
        ) from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    before = csv.field_size_limit(_LARGEST_FIELD)
    try:
        return _csv_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), path)
    finally:
        csv.field_size_limit(before)


def _csv_rows(reader: Any, path: Path) -> list[RawRow]:
    rows: list[RawRow] = []
    try:
        names = [name.strip() for name in next(reader, [])]
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(names):
                problem = f"{len(cells)} fields, but the header has {len(names)}"
                raise RowError(path, reader.line_num, problem)
            place = f"line {reader.line_num}"
            rows.append(_row(place, dict(zip(names, cells, strict=True))))
    except csv.Error as error:
        raise RowError(path, reader.line_num, f"not CSV ({error})") from error
    return rows


def _row(place: str, fields: Mapping[Any, Any]) -> RawRow:
    return RawRow(place, {str(key).strip().lower(): value for key, value in fields.items()})
