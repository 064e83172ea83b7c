"""What a person sees in a pseudo-terminal."""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress


def read_until(terminal: int, *words: str, within: float = 60) -> str:
    """What the terminal shows up to where all words stood in it."""
    shown, end = "", time.monotonic() + within
    while not all(word in shown for word in words):
        assert time.monotonic() < end, shown
        if select.select([terminal], [], [], 0.5)[0]:
            with suppress(OSError):
                shown += os.read(terminal, 4096).decode("utf-8", "replace")
    return shown
