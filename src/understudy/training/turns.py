"""One training at a time on this machine's device: two would share memory that neither counts with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from understudy.errors import BusyError, TrainingError
from understudy.locking import holder_of, take

LOCK = Path("models") / ".device.lock"
_AGAIN_S = 0.5


@contextmanager
def device_turn(
    root: Path, send: Callable[[dict[str, Any]], None], stopping: Callable[[], bool]
) -> Generator[None]:
    """Hold the device, waiting while another training of this project has it.

    Taken by the process that trains, so that it is given back with that process.

    Args:
        root: Of the project.
        send: Is told once whom this waits for.
        stopping: Asked while it waits; true ends it.

    Raises:
        TrainingError: It was stopped while it waited.
    """
    path, told = root / LOCK, False
    while (handle := _taken(path)) is None:
        if stopping():
            raise TrainingError("stopped while it waited for another training: nothing was done")
        if not told:
            send({"event": "waiting", "message": _waiting(path)})
            told = True
        time.sleep(_AGAIN_S)
    try:
        yield
    finally:
        os.close(handle)


def _taken(path: Path) -> int | None:
    try:
        return take(path, what="the device")
    except BusyError:
        return None


def _waiting(path: Path) -> str:
    return f"waits for another training on this device, process {holder_of(path)}"
