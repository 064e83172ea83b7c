"""A process that must not outlive its parent: a parent that is killed cannot stop anything."""

from __future__ import annotations

import os
import signal
import threading
import time

_LOOK_EVERY_S = 1.0


def end_with(parent: int) -> None:
    """Have this process get a SIGTERM once its parent is gone, however that went.

    Args:
        parent: Its process id, from the parent itself: asked for here, it could be the heir's.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
