"""One writer at a time, by a lock that the operating system gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from understudy.errors import BusyError, WriteError

_held: set[Path] = set()


@contextmanager
def exclusive(path: Path, *, what: str) -> Generator[None]:
    """Hold a lock file. A holder may enter again, as a flow does that runs flows.

    Args:
        what: Named in the message, such as `channel demo`.

    Raises:
        BusyError: Another process holds it; says which.
        WriteError: The lock file cannot be made.
    """
    if path in _held:
        yield
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WriteError(path, error.strerror or str(error)) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise BusyError(
                f"{what} is in use by process {holder}: wait until it has ended, then run again"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
    finally:
        os.close(handle)
