"""The engine over HTTP: paced, a slot for each call in flight, never above the cap.

A waiting retry holds no slot, and goes ahead of the calls that were not made yet.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

from understudy.errors import UnderstudyError
from understudy.settings import TeacherSettings
from understudy.teacher.calling.calls import Call, Reply, read_json, read_reply
from understudy.teacher.calling.causes import WIRE_ERRORS, diagnose, diagnose_reply
from understudy.teacher.calling.conversation import expected_tokens
from understudy.teacher.calling.engine import Engine
from understudy.teacher.calling.failures import Failure
from understudy.teacher.calling.means import Means
from understudy.teacher.calling.pacing import Gate, Pacer
from understudy.teacher.calling.tally import Effort
from understudy.teacher.calling.wire import ChatWire, text_of
from understudy.teacher.money.ledger import Entry

NEW, RETRY = 1, 0
"""Priorities of the gate."""
WARM_S = 240.0
"""How long a provider surely keeps a prompt that nobody asks for: OpenAI names five to ten minutes."""


class LiveEngine(Engine):
    """Makes the calls of one run at once, as many together as settings and server allow."""

    def __init__(self, means: Means, settings: TeacherSettings) -> None:
        super().__init__(means, settings)
        self._wire = ChatWire(means.client, means.http)
        self._gate = Gate(settings.max_concurrent)
        self._pacer = Pacer(
            settings.requests_per_minute,
            settings.tokens_per_minute,
            clock=self._chance.clock,
            sleep=self._chance.sleep,
        )
        self._warmed: dict[str, float] = {}
        """When a call with this cache key was last completed, by the run's clock."""
        self._settled = asyncio.Event()
        """A call in flight has ended, and what was set aside for it is free."""

    def is_warm(self, cache_key: str) -> bool:
        """Whether a call of the last minutes has put this transcript into the provider's cache."""
        then = self._warmed.get(cache_key)
        return then is not None and self._chance.clock() - then < WARM_S

    def stop(self, error: UnderstudyError) -> UnderstudyError:
        """Fail everything that waits, and whatever comes after, with this error."""
        first = super().stop(error)
        self._gate.close(first)
        self._settled.set()
        return first

    async def _attempt(self, call: Call, digest: str, effort: Effort) -> Reply | Failure:
        """Make one request in one slot. A retry goes first: the tail of a run stays short."""
        await self._gate.acquire(RETRY if effort.again else NEW, call.order)
        try:
            self._check_stopped()
            ceiling = await self._set_aside(call)
            try:
                return await self._paced(call, digest, effort)
            finally:
                self.meter.reserved -= ceiling
                self._settled.set()
        finally:
            self._gate.release()

    async def _paced(self, call: Call, digest: str, effort: Effort) -> Reply | Failure:
        expected = expected_tokens(call)
        reserved = await self._pacer.wait(expected)
        self._check_stopped()
        began = self._chance.clock()
        result = await self._send(call, digest, effort)
        if isinstance(result, Failure):
            return replace(result, took_s=self._chance.clock() - began)
        # What failed may be charged all the same.
        used = result.usage.prompt + result.usage.completion
        self._pacer.settle(expected=expected, reserved=reserved, used=used)
        return result

    async def _set_aside(self, call: Call) -> float:
        """Reserve the call's greatest cost, waiting for calls in flight where it must."""
        if self.meter.budget_usd is None:
            return 0.0
        ceiling = self._ceiling(call)
        while not self.meter.fits(ceiling):
            if self.meter.reserved <= 1e-12:  # a sum of floats that came back to nothing
                raise self.stop(self.meter.refusal(ceiling))
            self._settled.clear()
            await self._settled.wait()
            self._check_stopped()
        self.meter.reserved += ceiling
        return ceiling

    async def _send(self, call: Call, digest: str, effort: Effort) -> Reply | Failure:
        mode = self._negotiation.mode
        request = self._negotiation.request(call)
        began = self._chance.clock()
        try:
            left_s = self._settings.total_timeout_s - effort.seconds
            async with asyncio.timeout(min(self._settings.timeout_s, left_s)):
                response = await self._wire.post(request)
        except WIRE_ERRORS as error:
            self.counts.failed += 1
            failure = diagnose(error, self._endpoint, now=time.time())
            self._slow_down(failure, error)
            return self._mended(failure, request, mode)
        # From here to the ledger there is no await: a kill finds the call stored or in flight.
        text = text_of(response)
        body = read_json(text)
        try:
            reply = read_reply(body)
        except ValueError:
            self.counts.failed += 1
            return diagnose_reply(body, self._endpoint)
        latency = self._chance.clock() - began
        self._store(call, digest, text, reply, latency, effort.requests + 1)
        self._warmed[call.cache_key] = began + latency
        self._pacer.learn(response.headers)
        self._gate.succeeded()
        self._negotiation.accepted()
        return reply

    def _store(
        self, call: Call, digest: str, body: str, reply: Reply, latency: float, attempts: int
    ) -> None:
        cost = self.meter.settle(reply.usage)
        self._enter(
            Entry(
                digest=digest,
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                channel=self._channel,
                item_id=call.item_id,
                kind=call.kind,
                endpoint=self._endpoint.address,
                model=self._settings.model,
                prompt_version=call.prompt_version,
                usage=reply.usage,
                cost_usd=None if cost is None else round(cost, 8),
                latency_s=round(latency, 3),
                attempts=attempts,
                prompt_chars=call.prompt_chars,
                body=body,
            )
        )

    def _slow_down(self, failure: Failure, error: Exception) -> None:
        """Let the pace know what a refusal says of the limits."""
        headers = getattr(getattr(error, "response", None), "headers", None)
        if headers is not None:
            self._pacer.learn(headers)
        if failure.throttled:
            self.counts.throttled += 1
            self._gate.throttled()
