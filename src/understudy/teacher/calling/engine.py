"""What every engine does with a call: looked up, made, repaired, stored once, or given up.

Every completed reply is in the ledger before anything reads it; a call that is
there is never made again. How a call is made, over HTTP at once or in a batch
job, is for the engines that are built on this one.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from understudy.errors import (
    TeacherBusyError,
    TeacherError,
    TeacherReplyError,
    TeacherSetupError,
    UnderstudyError,
)
from understudy.records import DropReason
from understudy.settings import TeacherSettings
from understudy.teacher.calling.calls import Call, Reply, read_json, read_reply
from understudy.teacher.calling.conversation import (
    InvalidReplyError,
    final_reason,
    repaired,
    with_room,
)
from understudy.teacher.calling.failures import Failure
from understudy.teacher.calling.means import Means
from understudy.teacher.calling.negotiation import Mode, Negotiation
from understudy.teacher.calling.tally import Counts, Effort
from understudy.teacher.fingerprint import parameters
from understudy.teacher.money.ledger import Entry

T = TypeVar("T")
_FINAL: dict[str, DropReason] = {
    "context": "too_long_for_model",
    "content_filter": "content_filter",
    "request": "teacher_failed",
}


class Engine(ABC):
    """Has calls made for one run over one client."""

    def __init__(self, means: Means, settings: TeacherSettings) -> None:
        self._client, self._settings, self._endpoint = means.client, settings, means.endpoint
        self._channel, self._ledger, self._quarantine = (
            means.channel,
            means.ledger,
            means.quarantine,
        )
        self._chance, self._again, meter = means.chance, means.again, means.meter
        explicit = meter.price is not None and meter.price.cache_write is not None
        self._negotiation = Negotiation(settings, explicit_cache=explicit)
        self._stopped: UnderstudyError | None = None
        self._at_work: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.meter = meter
        self.counts = Counts()

    @property
    def at_provider(self) -> str:
        """What the run waits for at the provider, in a few words; empty for live calls."""
        return ""

    @property
    def determined_by(self) -> dict[str, Any]:
        """What beside the prompt determines a reply."""
        return parameters(self._endpoint.address, self._settings)

    def is_warm(self, cache_key: str) -> bool:  # noqa: ARG002
        """Whether a call about this transcript may go without another one going ahead of it.

        In a batch job no call goes ahead of another.
        """
        return True

    async def ask(self, call: Call, read: Callable[[str], T]) -> T:
        """Get a usable reply.

        Args:
            read: Turns the reply's text into a value. What it refuses with
                `InvalidReplyError` goes back to the model with the problem.

        Raises:
            TeacherReplyError: Refused, cut off twice, or invalid after every repair; the raw
                reply is in quarantine.
            TeacherBusyError: The engine's retries are used up.
            TeacherSetupError: Nothing can work; all other calls fail with the same.
            BudgetError: The call could cross the cap; all other calls fail with the same.
        """
        original, repairs, lengthened = call, 0, False
        while True:
            reply = await self._complete(call)
            if reply.finish_reason == "length" and not lengthened:
                lengthened = True
                self.counts.lengthened += 1
                call = with_room(call)
                original = with_room(original)
                continue
            if reason := final_reason(reply):
                raise self._give_up(call, reason, reply)
            try:
                return read(reply.text)
            except InvalidReplyError as invalid:
                if repairs >= self._settings.max_repairs:
                    raise self._give_up(call, invalid.reason, reply, invalid.problem) from None
                repairs += 1
                self.counts.repaired += 1
                self._again(
                    f"{call.item_id}: the reply is unusable, {invalid.reason}, and goes back to the "
                    f"model; {repairs} of {self._settings.max_repairs} repairs"
                )
                call = repaired(original, reply, invalid.problem, repairs)

    def stop(self, error: UnderstudyError) -> UnderstudyError:
        """Fail everything that waits, and whatever comes after, with this error."""
        if self._stopped is None:
            self._stopped = error
        return error

    async def _complete(self, call: Call) -> Reply:
        """Return the stored reply, or make the call until it completes.

        Two talks with the same words make the same call: the second waits for the first's reply.
        """
        digest = call.digest(self.determined_by)
        async with self._at_work.setdefault(digest, asyncio.Lock()):
            return await self._completed(call, digest)

    async def _completed(self, call: Call, digest: str) -> Reply:
        effort = Effort()
        while True:
            stored = self.stored(digest)
            if stored is not None:
                self.counts.reused += 1
                return stored
            self._check_stopped()
            result = await self._attempt(call, digest, effort)
            if isinstance(result, Reply):
                return result
            effort = effort.with_request(result.took_s, counts=result.kind != "mended")
            delay = self._delay_after(result, call, effort)
            if delay > 0:
                self._again(
                    f"{call.item_id}: {result.sentence}; attempt {effort.requests + 1} of "
                    f"{self._settings.max_retries + 1} in {delay:.1f} s"
                )
                await self._chance.sleep(delay)
            effort = effort.with_pause(delay)

    def stored(self, digest: str) -> Reply | None:
        """The reply that the ledger holds; None where it holds none, or one damaged on disk."""
        entry = self._ledger.find(digest)
        try:
            return None if entry is None else read_reply(read_json(entry.body))
        except ValueError:
            return None

    @abstractmethod
    async def _attempt(self, call: Call, digest: str, effort: Effort) -> Reply | Failure:
        """Have the call made once, and its reply stored.

        Args:
            effort: What went into it before.
        """

    def _ceiling(self, call: Call) -> float:
        """The most that a call can cost: its prompt uncached, its reply as long as allowed."""
        # A token holds a byte at the least; the schema is part of what some servers count.
        prompt_tokens = sum(len(turn.content.encode()) for turn in call.turns)
        prompt_tokens += len(json.dumps(call.reply_schema))
        return self.meter.ceiling(prompt_tokens, call.max_tokens)

    def _enter(self, entry: Entry) -> None:
        """Put a completed call into the ledger, and count it once it is there."""
        try:
            self._ledger.append(entry)
        except UnderstudyError as error:
            # Going on would pay for replies that cannot be kept.
            raise self.stop(error) from None
        self.counts.settle(entry.kind, entry.usage, entry.cost_usd)

    def _mended(self, failure: Failure, request: Mapping[str, Any], mode: Mode) -> Failure:
        """Let the negotiation know, and say if the next request will be another one.

        Args:
            request: That failed; looked at are its parameters.
            mode: In which it was made.
        """
        negotiation, certain = self._negotiation, failure.kind == "structure"
        mended = (
            failure.kind == "parameter" and negotiation.drop(failure.parameter, sent=request)
        ) or (
            failure.kind in {"structure", "request"}
            and negotiation.step_down(mode, certain=certain)
        )
        return Failure("mended", failure.sentence) if mended else failure

    def _delay_after(self, failure: Failure, call: Call, effort: Effort) -> float:
        """Seconds until the next attempt.

        Raises:
            UnderstudyError: There will be none.
        """
        # Not `from error`: a server's own words may hold the key that it was sent.
        if failure.kind in {"setup", "parameter", "structure"}:
            raise self._stop_setup(failure.sentence) from None
        if failure.kind in _FINAL:
            raise self._refused(call, _FINAL[failure.kind], failure.sentence) from None
        if failure.kind == "mended":
            return 0.0
        backoff = self._settings.retry_delay_s * 2 ** (effort.requests - 1)
        jittered = backoff * (0.5 + self._chance.jitter.random())
        delay = max(jittered, failure.retry_after or 0.0)
        if effort.requests > self._settings.max_retries or not self._in_time(effort, delay):
            raise self._exhausted(call, failure, effort, delay) from None
        return delay

    def _in_time(self, effort: Effort, delay: float) -> bool:
        """Whether a request may be made after a pause; a batch job has the provider's day."""
        live = self._settings.mode == "live"
        return not live or effort.seconds + delay < self._settings.total_timeout_s

    def _exhausted(
        self, call: Call, failure: Failure, effort: Effort, delay: float
    ) -> TeacherError:
        """The error of a call whose retries, or whose time, are used up."""
        if failure.unreachable and self.counts.calls == 0:
            # It has not answered once: that is an address, not a bad moment.
            return self._stop_setup(failure.sentence)
        tried = "1 attempt" if effort.requests == 1 else f"{effort.requests} attempts"
        spent = f"{call.item_id}: {failure.sentence}; {tried} failed"
        if effort.requests > self._settings.max_retries:
            return TeacherBusyError(f"{spent}, run again later")
        return TeacherBusyError(
            f"{spent} in {effort.seconds:.0f} s, and the next after {delay:.0f} s would be over "
            "teacher.total_timeout_s: raise it, or run again later"
        )

    def _stop_setup(self, sentence: str) -> TeacherSetupError:
        error = TeacherSetupError(sentence)
        self.stop(error)
        return error

    def _give_up(
        self, call: Call, reason: DropReason, reply: Reply, problem: str = ""
    ) -> TeacherReplyError:
        self.counts.quarantined += 1
        self._quarantine.add(call, reason, problem or reply.refusal, reply.text)
        return TeacherReplyError(call.item_id, reason, reply.text or reply.refusal)

    def _refused(self, call: Call, reason: DropReason, sentence: str) -> TeacherReplyError:
        self.counts.quarantined += 1
        self.counts.refused[sentence] += 1
        self._quarantine.add(call, reason, sentence, "")
        return TeacherReplyError(call.item_id, reason, sentence)

    def _check_stopped(self) -> None:
        if self._stopped is not None:
            raise type(self._stopped)(*self._stopped.args)

    def summary(self) -> str:
        """What the run's calls came to, in one line."""
        counts, usage = self.counts, self.counts.usage
        share = usage.cached / usage.prompt if usage.prompt else 0.0
        cost = "cost unknown" if self.meter.price is None else f"${self.meter.run_cost:.4f}"
        return (
            f"{counts.calls} calls, {counts.reused} from the ledger, {counts.failed} failed "
            f"requests, {counts.repaired} repairs, {counts.quarantined} in quarantine; "
            f"{usage.prompt:,} prompt tokens ({share:.0%} cached), {usage.completion:,} "
            f"completion tokens ({usage.reasoning:,} reasoning); {cost}"
        )

    async def close(self) -> None:
        """Close the client's connections."""
        with suppress(RuntimeError):
            await self._client.close()
