"""What a run of the engine counts, and what chance it is given."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from understudy.teacher.calls import Usage
from understudy.teacher.pacing import Sleep


@dataclass
class Counts:
    """What a run's calls came to."""

    calls: int = 0
    """Completed by the server in this run."""
    reused: int = 0
    """Found in the ledger."""
    failed: int = 0
    """Requests that failed, by whatever cause."""
    throttled: int = 0
    repaired: int = 0
    """Replies that went back to the model."""
    lengthened: int = 0
    """Replies cut off and asked for again with twice the room."""
    quarantined: int = 0
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class Randomness:
    """What makes two runs differ, handed in so that a test decides."""

    jitter: random.Random = field(default_factory=random.Random)
    sleep: Sleep = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
