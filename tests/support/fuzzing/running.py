"""Put inputs before a reader: nothing but typed errors, no hang, no file outside its folder."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sys
import traceback
from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.fuzzing.readers import READERS, REFUSALS
from tests.support.fuzzing.spoiling import spoilt

DEADLINE_S = 5.0
"""Of CPU time, for one input."""


class HangError(Exception):
    """An input took longer than `DEADLINE_S`."""


class OutsideError(Exception):
    """A file was written outside the folder."""


@dataclass(frozen=True)
class Finding:
    """An input that a reader does not stand."""

    reader: str
    raw: bytes
    problem: str
    """The exception."""
    trace: str


def drawn(reader: str, seed: int, number: int) -> bytes:
    """The input of that number: the same for the same seed."""
    return spoilt(_seeds(reader), random.Random(f"{seed}/{reader}/{number}"))


@cache
def _seeds(reader: str) -> tuple[bytes, ...]:
    return tuple(READERS[reader][1]())


def tried(reader: str, raw: bytes, folder: Path) -> Finding | None:
    """Put one input before a reader in an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with _limited(), _WATCH.keeping_inside(folder):
            READERS[reader][0](raw, folder)
    except REFUSALS as refusal:
        # A refusal must be sayable: its message is printed.
        with contextlib.suppress(UnicodeEncodeError):
            str(refusal).encode()
            return None
        return Finding(reader, raw, f"unprintable: {str(refusal)!r}", "")
    except Exception as error:  # noqa: BLE001  (whatever it is, it is the finding)
        return Finding(
            reader, raw, f"{type(error).__name__}: {error}"[:300], traceback.format_exc()
        )
    return None


@contextlib.contextmanager
def _limited() -> Generator[None]:
    def end(number: int, frame: Any) -> None:
        raise HangError(f"more than {DEADLINE_S:g} s of CPU time")

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, DEADLINE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class _Watch:
    """Sees every file that this process opens for writing, makes or moves."""

    def __init__(self) -> None:
        self._folder: str | None = None
        self._installed = False

    @contextlib.contextmanager
    def keeping_inside(self, folder: Path) -> Generator[None]:
        if not self._installed:
            sys.addaudithook(self._seen)
            self._installed = True
        self._folder = os.path.realpath(folder)
        try:
            yield
        finally:
            self._folder = None

    def _seen(self, event: str, arguments: tuple[Any, ...]) -> None:
        folder = self._folder
        if folder is None or event not in {"open", "os.mkdir", "os.rename", "os.symlink"}:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & 3):
            return
        path = arguments[0] if event == "open" else arguments[event in {"os.rename", "os.symlink"}]
        if isinstance(path, int) or path is None or os.fsdecode(path) == os.devnull:
            return
        if not os.path.realpath(os.fsdecode(path)).startswith(folder):
            self._folder = None
            raise OutsideError(f"{event} of {os.fsdecode(path)!r}")


_WATCH = _Watch()
