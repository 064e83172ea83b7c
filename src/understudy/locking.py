"""One writer at a time, by a lock that the operating system gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from understudy.errors import BusyError, WriteError

_held: ContextVar[frozenset[Path]] = ContextVar("_held", default=frozenset())
"""Locks of this flow and of those that called it. A second flow beside it in the same process
has a context of its own, and is kept out like any other."""


@contextmanager
def exclusive(path: Path, *, what: str) -> Generator[None]:
    """Hold a lock file. A holder may enter again, as a flow does that runs flows.

    Args:
        what: Named in the message, such as `the channel demo`.

    Raises:
        BusyError: Another run holds it; says which process.
        WriteError: The lock file cannot be made.
    """
    path = path.absolute()
    if path in _held.get():
        yield
        return
    handle = take(path, what=what)
    entered = _held.set(_held.get() | {path})
    try:
        yield
    finally:
        _held.reset(entered)
        os.close(handle)


def refuse_if_held(path: Path, *, what: str) -> None:
    """Say at once that another run holds a lock, without making its file.

    Raises:
        BusyError: Another run holds it; says which process.
    """
    if path.exists():
        os.close(take(path, what=what))


def take(path: Path, *, what: str) -> int:
    """Lock a file and leave our process id in it for whoever finds it taken.

    Returns:
        The descriptor that holds the lock: closing it, or dying, lets the next one in.

    Raises:
        BusyError: It is taken; says by which process.
        WriteError: The lock file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WriteError(path, error.strerror or str(error)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise BusyError(
            f"{what} is in use by process {holder_of(path)}: wait until it has ended, then run again"
        ) from error
    with suppress(OSError):  # on a full disk the lock holds, and only its holder's name is missing
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def holder_of(path: Path) -> str:
    """The process id that the last holder left in a lock file, or "unknown"."""
    with suppress(OSError):
        return path.read_bytes()[:32].decode("ascii", "replace").strip() or "unknown"
    return "unknown"
