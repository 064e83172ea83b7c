"""Raw lines, one per finished question, that survive being killed.

A line is one `os.write` on a descriptor opened for appending, in the step in
which the answer arrives: what was finished before a kill is on disk, whole. A
last line that was torn is left out on the next opening.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from understudy.artifacts import write_jsonl
from understudy.errors import DataError, WriteError
from understudy.proof.records import GenerationLine, ScoreLine

L = TypeVar("L", ScoreLine, GenerationLine)


class Journal(Generic[L]):
    """The lines of one file that are still wanted, and more as they come."""

    def __init__(self, path: Path, model: type[L], descriptor: int, kept: dict[str, L]) -> None:
        self._path = path
        self._model = model
        self._descriptor = descriptor
        self._lines = kept

    @property
    def keys(self) -> Collection[str]:
        """Of the lines that are on disk."""
        return self._lines.keys()

    def append(self, line: L) -> None:
        """Write one line.

        Raises:
            WriteError: The file system refused; earlier lines are on disk.
        """
        content = (line.model_dump_json() + "\n").encode("utf-8", "replace")
        try:
            written = os.write(self._descriptor, content)
        except OSError as error:
            raise WriteError(self._path, error.strerror or str(error)) from error
        if written != len(content):
            raise WriteError(self._path, "only a part of a line could be written")
        self._lines[line.key] = line


@contextmanager
def open_journal(path: Path, model: type[L], wanted: Collection[str]) -> Generator[Journal[L]]:
    """Open a file of lines, first leaving out what is torn or no longer wanted.

    Args:
        wanted: Keys of this evaluation. A line with another key was made with another adapter,
            base, prompt or limit.

    Raises:
        WriteError: The file system refused.
    """
    kept = {line.key: line for line in read_lines(path, model) if line.key in wanted}
    write_jsonl(path, kept.values())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    except OSError as error:
        raise WriteError(path, error.strerror or str(error)) from error
    try:
        yield Journal(path, model, descriptor, kept)
    finally:
        os.close(descriptor)


def read_lines(path: Path, model: type[L]) -> list[L]:
    """Read the lines that are whole; a file that is not there has none.

    Raises:
        DataError: The file is there and cannot be read.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    found: list[L] = []
    for line in raw.split(b"\n"):
        try:
            found.append(model.model_validate_json(line))
        except ValidationError:  # torn by a kill, or blank
            continue
    return found
