"""Files that appear whole or not at all, written and read back as records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from understudy.atomic import replacing
from understudy.errors import DataError, RowError
from understudy.records import Record

BATCH_ROWS = 5_000
"""Of a table in memory at a time, and in each of its row groups."""
Item = TypeVar("Item")
R = TypeVar("R", bound=BaseModel)


class Artifact(Record):
    """A reference to a file: what tasks hand to each other instead of the data."""

    path: Path
    sha256: str
    rows: int | None = None
    bytes: int


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# --- writing -----------------------------------------------------------------


def write_bytes(path: Path, content: bytes) -> Artifact:
    """Write one file whole or not at all.

    Raises:
        WriteError: The file system refused; a file that was there is untouched.
    """
    with replacing(path) as sink:
        sink.write(content)
    return Artifact(path=path, sha256=sink.sha256, bytes=sink.bytes)


def write_text(path: Path, content: str) -> Artifact:
    """Write UTF-8; a lone surrogate becomes U+FFFD, for no reader accepts it."""
    return write_bytes(path, _encodable(content).encode())


def write_json(path: Path, value: Any) -> Artifact:
    """Write indented JSON, models included, in the order of their fields."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return write_text(path, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[BaseModel | Mapping[str, Any]]) -> Artifact:
    """Write one JSON document per line and count them. Rows are taken one at a time."""
    count = 0
    with replacing(path) as sink:
        for row in rows:
            sink.write(json_line(row))
            count += 1
    return Artifact(path=path, sha256=sink.sha256, bytes=sink.bytes, rows=count)


def json_line(row: BaseModel | Mapping[str, Any]) -> bytes:
    """One line of JSONL, its end included."""
    return _encodable(_json_line(row) + "\n").encode()


def write_parquet(path: Path, rows: Iterable[BaseModel], schema: Any) -> Artifact:
    """Write records as columns, a batch at a time. Equal rows give equal bytes.

    Args:
        schema: A `pyarrow.Schema`, stated and not inferred, so that an empty column keeps its type.
    """
    count = 0
    with (
        replacing(path) as sink,
        pq.ParquetWriter(pa.PythonFile(sink, "w"), schema, compression="zstd") as writer,
    ):
        for batch in batched(rows, BATCH_ROWS):
            writer.write_table(_table(batch, schema))
            count += len(batch)
    return Artifact(path=path, sha256=sink.sha256, bytes=sink.bytes, rows=count)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut any number of items into lists of `size`; the last may be shorter."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def _table(rows: Sequence[BaseModel], schema: Any) -> Any:
    plain = [row.model_dump(mode="json") for row in rows]
    try:
        return pa.Table.from_pylist(plain, schema=schema)
    except UnicodeEncodeError:  # a lone surrogate somewhere
        plain = json.loads(_encodable(canonical_json(plain)))
        return pa.Table.from_pylist(plain, schema=schema)


def _json_line(row: BaseModel | Mapping[str, Any]) -> str:
    if not isinstance(row, BaseModel):
        return json.dumps(row, ensure_ascii=False)
    try:
        return row.model_dump_json()
    except PydanticSerializationError:  # a lone surrogate, which pydantic refuses to write
        dumped = row.model_dump(mode="json")
        return json.dumps(dumped, ensure_ascii=False, separators=(",", ":"))


def _encodable(text: str) -> str:
    """Join surrogates that form a pair and replace those that stand alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- reading -----------------------------------------------------------------


def read_json(path: Path) -> Any:
    """Read one JSON document.

    Raises:
        DataError: Missing, unreadable or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from error


def read_record(path: Path, model: type[R]) -> R:
    """Read one JSON document as a record.

    Raises:
        DataError: It is missing, no JSON, or not such a record.
    """
    try:
        return model.model_validate(read_json(path))
    except ValidationError as error:
        raise DataError(f"{path} is no {model.__name__}: {first_problem(error)}") from error


def read_jsonl(path: Path, model: type[R]) -> list[R]:
    """Read every line as a record.

    Raises:
        RowError: A line does not parse; names its number.
        DataError: The file is missing or unreadable.
    """
    return [parse_line(line, path, number, model) for number, line in numbered_lines(path)]


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1.

    Raises:
        RowError: A line is not UTF-8.
        DataError: The file is missing or unreadable.
    """
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                except UnicodeDecodeError as error:
                    raise RowError(path, number, f"not UTF-8 ({error.reason})") from error
                if text:
                    yield number, text
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def parse_line(line: str, path: Path, number: int, model: type[R]) -> R:
    """Parse one JSONL line.

    Raises:
        RowError: It is no JSON or not such a record.
    """
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        raise RowError(path, number, f"no {model.__name__}: {first_problem(error)}") from error


def read_parquet(path: Path, model: type[R]) -> list[R]:
    """Read every row as a record.

    Raises:
        DataError: It is missing, no Parquet, or holds something else.
    """
    return list(iter_parquet(path, model))


def iter_parquet(path: Path, model: type[R]) -> Iterator[R]:
    """Yield the rows as records, a batch at a time in memory.

    Raises:
        DataError: It is missing, no Parquet, or holds something else.
    """
    try:
        with pq.ParquetFile(path) as file:  # read_table would take a folder for an empty table
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield from (model.model_validate(row) for row in batch.to_pylist())
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist") from error
    except ValidationError as error:
        raise DataError(f"{path} holds no {model.__name__}: {first_problem(error)}") from error
    except (OSError, ValueError, OverflowError, pa.ArrowException) as error:
        raise DataError(f"{path} is not Parquet: {error}") from error


def first_problem(error: ValidationError) -> str:
    """Say in one phrase what pydantic minds first."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
