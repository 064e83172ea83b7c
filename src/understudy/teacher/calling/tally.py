"""What a run of the engine counts, and what chance it is given."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from understudy.teacher.calling.calls import Usage
from understudy.teacher.calling.pacing import Sleep


@dataclass
class Spent:
    """The completed calls of one pass."""

    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0


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
    refused: Counter[str] = field(default_factory=Counter)
    """Calls that a server refused for good, by the sentence that says why and what to do."""
    usage: Usage = field(default_factory=Usage)
    by_pass: dict[str, Spent] = field(default_factory=dict)

    def settle(self, kind: str, usage: Usage, cost_usd: float | None) -> None:
        """Count one completed call."""
        self.calls += 1
        self.usage = self.usage + usage
        own = self.by_pass.setdefault(kind, Spent())
        own.calls += 1
        own.usage = own.usage + usage
        own.cost_usd += cost_usd or 0.0


@dataclass(frozen=True)
class Effort:
    """What has gone into one call so far."""

    requests: int = 0
    """That failed, and may fail again."""
    seconds: float = 0.0
    """Of requests, and of the pauses between them; waiting for a slot is not in it."""
    again: bool = False
    """It has been made before: it goes ahead of the calls that were not."""

    def with_request(self, seconds: float, *, counts: bool) -> Effort:
        """After one more request.

        Args:
            counts: False where the next one will be another request.
        """
        return Effort(self.requests + counts, self.seconds + seconds, again=True)

    def with_pause(self, seconds: float) -> Effort:
        """After waiting for the next request."""
        return replace(self, seconds=self.seconds + seconds)


@dataclass(frozen=True)
class Randomness:
    """What makes two runs differ, handed in so that a test decides."""

    jitter: random.Random = field(default_factory=random.Random)
    sleep: Sleep = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
