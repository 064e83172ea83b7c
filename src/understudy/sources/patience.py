"""How often, how soon and for how long to ask somebody who may refuse.

Nothing here reads a clock or a global generator: sleeping and chance are handed in.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from understudy.errors import SourceBlockedError, SourceThrottledError, TranscriptUnavailableError
from understudy.settings import BreakerSettings, TranscriptSettings

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]
Notice = Callable[[str], None]

LONGEST_DELAY_S = 300.0
"""Of one retry, whatever the exponent says."""

_ALIKE_FOR_ALL = frozenset({"ip_blocked", "rate_limited", "network"})
"""Reasons that lie with us or the way to YouTube: the next video would meet them too."""


@dataclass
class Breaker:
    """Counts refusals in a row and says when to pause, and when to give up for this run.

    Closed until `after_blocks` refusals in a row. After a pause it is half open: one more refusal
    pauses again at once, one success closes it.

    Source:
        The circuit breaker of M. Nygard, Release It!, 2nd edition, chapter 5.
    """

    settings: BreakerSettings
    refusals: int = 0
    pauses: int = 0
    half_open: bool = False
    given_up: bool = False

    def succeeded(self) -> None:
        """Somebody was answered: close again. The pauses made so far stay counted."""
        self.refusals, self.half_open = 0, False

    def refused(self) -> float | None:
        """Count a refusal.

        Returns:
            Seconds to pause before asking again; 0 to go on; None to give up for this run.
        """
        self.refusals += 1
        if not self.half_open and self.refusals < self.settings.after_blocks:
            return 0.0
        if self.pauses >= self.settings.max_pauses:
            self.given_up = True
            return None
        self.pauses += 1
        self.half_open = True
        return self.settings.pause_s


@dataclass
class Patience:
    """Asks for one video after the other, at a pace that the other side bears.

    Args:
        rng: Varies pauses and delays, so that they look and collide less.
        notice: Told in words what is being waited for.
    """

    settings: TranscriptSettings
    sleep: Sleep
    rng: random.Random
    notice: Notice
    breaker: Breaker = field(init=False)
    _asked: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.settings.breaker)

    async def ask(self, item: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer or nothing more to hope for.

        Raises:
            TranscriptError: The last refusal, once retries or pauses are used up; a final one
                at once.
        """
        while True:
            try:
                answer = await self._with_retries(item, attempt)
            except TranscriptUnavailableError:
                self.breaker.succeeded()  # a clear answer, if not the one we hoped for
                raise
            except (SourceBlockedError, SourceThrottledError) as error:
                if error.reason not in _ALIKE_FOR_ALL:
                    raise
                pause = self.breaker.refused()
                blocked = isinstance(error, SourceBlockedError)
                if pause is None or (pause == 0 and not blocked):
                    raise
                if pause:
                    self.notice(
                        f"{item}: {error.reason.replace('_', ' ')}; the whole stage pauses "
                        f"{pause:.0f} s ({self.breaker.pauses} of "
                        f"{self.settings.breaker.max_pauses} pauses)"
                    )
                    await self.sleep(pause)
            else:
                self.breaker.succeeded()
                return answer

    async def _with_retries(self, item: str, attempt: Callable[[], Awaitable[T]]) -> T:
        for retry in range(self.settings.max_retries + 1):
            await self._pace()
            try:
                return await attempt()
            except SourceThrottledError as error:
                if retry == self.settings.max_retries:
                    raise
                delay = backoff(retry, self.settings.retry_delay_s, self.rng)
                self.notice(f"{item}: {error.reason.replace('_', ' ')}, again in {delay:.1f} s")
                await self.sleep(delay)
        raise AssertionError("range() above is never empty")

    async def _pace(self) -> None:
        """Wait between two requests, a third more or less; not before the first."""
        if self._asked and self.settings.pause_s:
            await self.sleep(self.settings.pause_s * self.rng.uniform(2 / 3, 4 / 3))
        self._asked = True


def backoff(retry: int, first_s: float, rng: random.Random) -> float:
    """Seconds before a retry: doubling, and drawn from the upper half of that.

    Args:
        retry: From 0.

    Source:
        "Equal jitter" in M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
    """
    longest = min(first_s * 2**retry, LONGEST_DELAY_S)
    return longest / 2 + rng.uniform(0, longest / 2)
