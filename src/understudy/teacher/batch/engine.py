"""The engine over batch jobs: the same calls under the same digests, at half the price.

Whatever the live engine makes of a reply (more room, a repair, a final refusal)
is made of it here; a call that has to be made again is in the next job.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from understudy.errors import UnderstudyError
from understudy.settings import TeacherSettings
from understudy.teacher.batch.book import Asked, Job, JobBook
from understudy.teacher.batch.causes import of_result
from understudy.teacher.batch.desk import Desk
from understudy.teacher.batch.lines import Result, request_line
from understudy.teacher.batch.queue import Waiting
from understudy.teacher.calling.calls import Call, Reply, read_reply
from understudy.teacher.calling.engine import Engine
from understudy.teacher.calling.failures import Failure
from understudy.teacher.calling.means import Means, Note
from understudy.teacher.calling.negotiation import Mode
from understudy.teacher.calling.tally import Effort
from understudy.teacher.money.ledger import Entry


class BatchEngine(Engine):
    """Makes the calls of one run through the provider's Batch API.

    Args:
        means: With a meter at the prices of batch jobs.
        book: Where jobs are written down before they start.
        note: Told in a line whenever a job was submitted or looked at.
    """

    def __init__(self, means: Means, settings: TeacherSettings, book: JobBook, note: Note) -> None:
        super().__init__(means, settings)
        self._sent: dict[str, tuple[Mapping[str, Any], Mode]] = {}
        """What the newest request for each call held beside its messages."""
        self._desk = Desk(self, means, settings.batch, book, note)

    @property
    def at_provider(self) -> str:
        return self._desk.at_provider

    def stop(self, error: UnderstudyError) -> UnderstudyError:
        """Fail everything that waits, and whatever comes after, with this error."""
        first = super().stop(error)
        self._desk.stop(first)
        return first

    async def close(self) -> None:
        """Let go of jobs and connections; open jobs go on without us."""
        await self._desk.close()
        await super().close()

    async def _attempt(self, call: Call, digest: str, effort: Effort) -> Reply | Failure:
        """Wait for the job that this call is in, or goes into."""
        waiting = Waiting(
            call=call,
            digest=digest,
            attempts=effort.requests + 1,
            ceiling_usd=self._ceiling(call),
            done=asyncio.get_running_loop().create_future(),
        )
        return await self._desk.bring(waiting)

    # --- what the desk asks for -----------------------------------------------

    def line(self, waiting: Waiting) -> bytes:
        """The call as a line of an input file, holding only what was not refused before."""
        request = self._negotiation.request(waiting.call)
        self._sent[waiting.digest] = ({**request, "messages": []}, self._negotiation.mode)
        return request_line(waiting.digest, request)

    def settle(self, job: Job, asked: Asked, result: Result) -> Reply | Failure:
        """Store what came for a call, and say what to make of it."""
        if (stored := self.stored(asked.digest)) is not None:
            # The job was being collected when a run was killed.
            return stored
        if not 200 <= result.status < 300:
            return self._failed(job, asked, result)
        try:
            reply = read_reply(result.body)
        except ValueError as error:
            self.counts.failed += 1
            return Failure("busy", f"{job.name} holds no chat completion for the call ({error})")
        self._keep(job, asked, json.dumps(result.body), reply)
        self._negotiation.accepted()
        return reply

    def _failed(self, job: Job, asked: Asked, result: Result) -> Failure:
        self.counts.failed += 1
        failure = of_result(result, job.name, self._endpoint, now=time.time())
        sent, mode = self._sent.get(asked.digest, ({"messages": []}, self._negotiation.mode))
        return self._mended(failure, sent, mode)

    def _keep(self, job: Job, asked: Asked, body: str, reply: Reply) -> None:
        now = datetime.now(UTC)
        self._enter(
            Entry(
                digest=asked.digest,
                at=now.isoformat(timespec="milliseconds"),
                channel=job.channel,
                item_id=asked.item_id,
                kind=asked.kind,
                endpoint=job.endpoint,
                model=job.model,
                prompt_version=asked.prompt_version,
                usage=reply.usage,
                cost_usd=self._cost(job, reply),
                latency_s=round((now - job.planned_at).total_seconds(), 3),
                attempts=asked.attempts,
                prompt_chars=asked.prompt_chars,
                batch=job.batch_id,
                body=body,
            )
        )

    def _cost(self, job: Job, reply: Reply) -> float | None:
        """Dollars, on this channel's meter where this channel submitted the job."""
        meter = self.meter
        if job.channel != self._channel:
            return round(meter.price.cost(reply.usage), 8) if meter.price else None
        cost = meter.settle(reply.usage)
        return None if cost is None else round(cost, 8)
