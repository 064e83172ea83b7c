"""How many calls are in flight and how many start in a minute."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import re
from collections.abc import Awaitable, Callable, Mapping

from understudy.errors import UnderstudyError

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


BURST_S = 1.0
USED = 0.97
"""Share of a limit that is aimed at: what is left evens out the server's clock and ours."""
_MEMORY = 0.95
"""Share of what was known before that stays when a call tells how many tokens it took."""


class Gate:
    """Slots for calls in flight, handed out by priority and then by input order.

    The number of slots falls when the server keeps answering 429 and grows back one by one.
    A single 429 among many successes is noise and changes nothing.

    Args:
        most: Slots at the most.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.in_flight = 0
        self._throttled_share = 0.0
        self._waiting: list[tuple[tuple[int, int, int], asyncio.Future[None]]] = []
        self._sequence = itertools.count()

    async def acquire(self, priority: int, order: int) -> None:
        """Wait for a slot. Lower priority first, then lower order, then first come.

        Raises:
            UnderstudyError: The gate was closed with it.
        """
        if self.in_flight < int(self.limit) and not self._waiting:
            self.in_flight += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, ((priority, order, next(self._sequence)), turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.release()
            raise

    def release(self) -> None:
        """Give a slot back."""
        self.in_flight -= 1
        self._admit()

    def throttled(self) -> None:
        """Learn of a 429."""
        self._throttled_share += 0.1 * (1 - self._throttled_share)
        if self._throttled_share > 0.3:
            self.limit = max(self.limit * 0.7, 1.0)
            self._throttled_share = 0.0

    def succeeded(self) -> None:
        """Learn of a completed call."""
        self._throttled_share *= 0.9
        self.limit = min(self.limit + 1 / self.limit, float(self.most))
        self._admit()

    def close(self, error: UnderstudyError) -> None:
        """Fail everything that waits."""
        while self._waiting:
            _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_exception(type(error)(*error.args))

    def _admit(self) -> None:
        while self._waiting and self.in_flight < int(self.limit):
            _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)


class Bucket:
    """So many units a minute, smoothly: a burst of a second's worth at the most.

    Providers cut their minute into pieces too: a longer burst would be refused.

    Args:
        per_minute: The rate; None for none.
    """

    def __init__(self, per_minute: float | None, clock: Clock) -> None:
        self._clock = clock
        self._configured = per_minute
        self.per_minute = per_minute
        self._free_at = clock()

    @property
    def _per_second(self) -> float:
        return USED * (self.per_minute or 0.0) / 60

    def learn(self, per_minute: float) -> None:
        """Take over the server's own limit where it is under the configured one."""
        self.per_minute = min(per_minute, self._configured or per_minute)

    def reserve(self, units: float) -> float:
        """Take units and return the seconds to wait before they may be used.

        Source:
            The virtual scheduling form of the generic cell rate algorithm (ITU-T I.371).
        """
        if self.per_minute is None:
            return 0.0
        now, rate = self._clock(), self._per_second
        self._free_at = max(self._free_at, now - BURST_S)
        wait = max(self._free_at - now, 0.0)
        self._free_at += units / rate
        return wait

    def correct(self, units: float) -> None:
        """Take more units than were reserved, or with a negative number fewer."""
        if self.per_minute is not None:
            self._free_at += units / self._per_second


class Pacer:
    """Requests and tokens per minute, under the configured limits and the server's own."""

    def __init__(
        self, requests: int | None, tokens: int | None, *, clock: Clock, sleep: Sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self.requests = Bucket(requests, clock)
        self.tokens = Bucket(tokens, clock)
        self._closed_until = 0.0
        self._turn = asyncio.Lock()
        self._ratio = 1.0
        """Tokens that calls took, prompt and reply, for each that was expected."""

    async def wait(self, expected: float) -> float:
        """Wait until one more request is within the limits.

        Args:
            expected: Tokens, by the length of the prompt alone.

        Returns:
            Tokens that were reserved for it, for `settle`.
        """
        # One at a time: who reserved half a minute ahead would know nothing of what was learnt since.
        async with self._turn:
            reserved = expected * self._ratio
            pause = max(
                self.requests.reserve(1),
                self.tokens.reserve(reserved),
                self._closed_until - self._clock(),
            )
            if pause > 0:
                await self._sleep(pause)
        return reserved

    def settle(self, *, expected: float, reserved: float, used: float) -> None:
        """Learn how many tokens a call really took; 0 from a server that does not count."""
        if used == 0:
            return
        self.tokens.correct(used - reserved)
        if expected > 0:
            self._ratio += (1 - _MEMORY) * (used / expected - self._ratio)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Read the provider's rate-limit headers; a limit of 0 remaining holds all until reset."""
        for name, bucket in (("requests", self.requests), ("tokens", self.tokens)):
            limit = _number(headers.get(f"x-ratelimit-limit-{name}"))
            if limit:
                bucket.learn(limit)
            if _number(headers.get(f"x-ratelimit-remaining-{name}")) == 0:
                reset = seconds_of(headers.get(f"x-ratelimit-reset-{name}", ""))
                self._closed_until = max(self._closed_until, self._clock() + min(reset, 60.0))


def seconds_of(text: str) -> float:
    """Seconds of `1m30s`, `250ms` or a bare number; 0 for anything else."""
    if _number(text) is not None:
        return float(text)
    return sum(float(value) * _UNIT_S[unit] for value, unit in _DURATION.findall(text))


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
