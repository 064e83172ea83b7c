"""Calls that wait for a batch job: for one to go into, or for the one that they are in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from understudy.errors import UnderstudyError
from understudy.teacher.calling.calls import Call, Reply
from understudy.teacher.calling.failures import Failure
from understudy.teacher.money.pricing import Meter


@dataclass(frozen=True)
class Waiting:
    """A call that somebody awaits."""

    call: Call
    digest: str
    attempts: int
    ceiling_usd: float
    done: asyncio.Future[Reply | Failure]


class Queue:
    """Waiting calls, by digest; each is awaited once."""

    def __init__(self) -> None:
        self._awaited: dict[str, Waiting] = {}
        self._unsent: dict[str, Waiting] = {}
        self._sent: set[str] = set()
        """In open jobs, whether somebody awaits them or not."""
        self._arrived = asyncio.Event()

    def add(self, waiting: Waiting) -> None:
        """Let a call wait: for its job where it is in one, else to go into the next."""
        self._awaited[waiting.digest] = waiting
        if waiting.digest not in self._sent:
            self._unsent[waiting.digest] = waiting
        self._arrived.set()

    async def quiet(self, seconds: float) -> None:
        """Wait until there are unsent calls, and no further one has come for so long."""
        while True:
            self._arrived.clear()
            if not self._unsent:
                await self._arrived.wait()
                continue
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return

    def fitting(self, meter: Meter) -> list[Waiting]:
        """The unsent calls that the budget has room for together, in input order."""
        fitting: list[Waiting] = []
        bound = 0.0
        for waiting in self._in_order():
            if not meter.fits(bound + waiting.ceiling_usd):
                break
            bound += waiting.ceiling_usd
            fitting.append(waiting)
        return fitting

    @property
    def first(self) -> Waiting:
        """The unsent call that would go first."""
        return self._in_order()[0]

    def sent(self, digests: Iterable[str]) -> None:
        """Learn that calls are in a job."""
        for digest in digests:
            self._sent.add(digest)
            self._unsent.pop(digest, None)

    def returned(self, digests: Iterable[str]) -> None:
        """Learn that calls are in no job any more."""
        self._sent.difference_update(digests)

    def again(self, digests: Iterable[str]) -> None:
        """Let those of the calls that somebody awaits go into the next job."""
        for digest in digests:
            if (waiting := self._awaited.get(digest)) is not None:
                self._unsent[digest] = waiting
        self._arrived.set()

    def deliver(self, digest: str, outcome: Reply | Failure) -> None:
        """Hand out what became of a call, where somebody awaits it."""
        waiting = self._awaited.pop(digest, None)
        if waiting is not None and not waiting.done.done():
            waiting.done.set_result(outcome)

    def fail(self, error: BaseException) -> None:
        """Fail every call that is awaited."""
        for waiting in self._awaited.values():
            if not waiting.done.done():
                own = type(error)(*error.args) if isinstance(error, UnderstudyError) else error
                waiting.done.set_exception(own)
        self._awaited.clear()
        self._unsent.clear()

    def _in_order(self) -> list[Waiting]:
        return sorted(self._unsent.values(), key=lambda one: one.call.order)
