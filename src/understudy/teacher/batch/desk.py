"""Jobs at the provider: gather calls, submit them, look again and again, hand out what came.

Calls that wait together go into one job; what their replies lead to (repairs,
the second pass) waits together again and makes the next one. Every job is in
the book before the provider is asked to start it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import openai
from openai.types import Batch

from understudy.errors import TeacherSetupError, UnderstudyError
from understudy.settings import BatchSettings
from understudy.teacher.batch.book import Asked, Job, JobBook, new_key
from understudy.teacher.batch.causes import is_full, of_job, of_wire
from understudy.teacher.batch.lines import Result, parted
from understudy.teacher.batch.queue import Queue, Waiting
from understudy.teacher.batch.wire import ENDED, BatchWire, standing_of
from understudy.teacher.calling.calls import Reply
from understudy.teacher.calling.causes import WIRE_ERRORS
from understudy.teacher.calling.failures import Failure
from understudy.teacher.calling.means import Means, Note

SETTLING = timedelta(seconds=30)
"""How long a job may take to appear in the provider's list."""
PATIENCE = 30
"""Looks in a row that may fail before a run gives up; the job goes on without it."""
_MEGABYTE = 1_000_000


class Office(Protocol):
    """What a desk leaves to the engine: everything about single calls."""

    def line(self, waiting: Waiting) -> bytes:
        """The call as a line of an input file."""
        ...

    def settle(self, job: Job, asked: Asked, result: Result) -> Reply | Failure:
        """Store what came for a call, and say what to make of it."""
        ...

    def stop(self, error: UnderstudyError) -> UnderstudyError:
        """Fail everything that waits."""
        ...


class Desk:
    """The jobs of one run, and those that earlier runs left at the provider.

    Args:
        note: Told in a line whatever a person would want to know about a job.
    """

    def __init__(
        self, office: Office, means: Means, settings: BatchSettings, book: JobBook, note: Note
    ) -> None:
        self._office, self._settings, self._book, self._note = office, settings, book, note
        self._wire = BatchWire(means.client)
        self._endpoint, self._channel = means.endpoint, means.channel
        self._meter, self._chance = means.meter, means.chance
        self._most = settings.max_requests
        self._queue = Queue()
        self._open: dict[str, str] = {}
        """Key to what is known of each open job."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._broken: BaseException | None = None
        self._working = False

    @property
    def at_provider(self) -> str:
        """The open jobs in a few words; empty where there is none."""
        return "; ".join(self._open.values())

    async def bring(self, waiting: Waiting) -> Reply | Failure:
        """Wait for a call's reply, which comes with the job that it goes into or is in."""
        if self._broken is not None:
            raise self._broken
        self._queue.add(waiting)
        if not self._working:
            self._working = True
            self._start(self._work())
        return await waiting.done

    def stop(self, error: BaseException) -> None:
        """Fail every call that is awaited, and look at no job any more.

        Open jobs stay at the provider and in the book, for the next run.
        """
        self._broken = error
        self._queue.fail(error)
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Let go of every job; they stay where they are."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- submitting ------------------------------------------------------------

    async def _work(self) -> None:
        await self._take_up()
        while True:
            await self._queue.quiet(self._settings.gather_s)
            fitting = self._queue.fitting(self._meter)
            if fitting:
                await self._submit_all(fitting)
            elif not self._open:
                self._office.stop(self._meter.refusal(self._queue.first.ceiling_usd))
                return
            else:
                self._room.clear()
                await self._room.wait()

    async def _submit_all(self, fitting: Sequence[Waiting]) -> None:
        lines = [self._office.line(one) for one in fitting]
        sizes = [len(line) for line in lines]
        limit = self._settings.max_mb * _MEGABYTE
        for part in parted(sizes, max_requests=self._most, max_bytes=limit):
            asked = [fitting[place] for place in part]
            await self._submit(asked, b"".join(lines[place] for place in part))

    async def _submit(self, calls: Sequence[Waiting], content: bytes) -> None:
        """Start one job, in an order that a kill at any moment leaves clear."""
        job = self._planned(calls)
        self._enter(self._book.keep(job))
        try:
            file_id = await self._wire.upload(content, job.key)
        except WIRE_ERRORS as error:
            self._drop(job, self._diagnosed(error))
            return
        try:
            batch = await self._wire.create(file_id, job.key)
        except WIRE_ERRORS as error:
            found = None if _definite(error) else await self._found(job)
            if found is None:
                self._drop(job, self._diagnosed(error))
                return
            batch = found
        self._submitted(job, batch)

    def _planned(self, calls: Sequence[Waiting]) -> Job:
        return Job(
            key=new_key(),
            state="planned",
            planned_at=datetime.now(UTC),
            channel=self._channel,
            endpoint=self._endpoint.address,
            model=self._endpoint.model,
            calls=tuple(
                Asked(
                    digest=one.digest,
                    item_id=one.call.item_id,
                    kind=one.call.kind,
                    prompt_version=one.call.prompt_version,
                    prompt_chars=one.call.prompt_chars,
                    attempts=one.attempts,
                    ceiling_usd=one.ceiling_usd,
                )
                for one in calls
            ),
        )

    def _submitted(self, job: Job, batch: Batch) -> None:
        known = job.model_copy(update={"state": "submitted", "batch_id": batch.id})
        self._book.keep(known)
        self._open[job.key] = f"{batch.id} submitted"
        self._note(f"teacher: {len(job.calls)} calls submitted as {batch.id}")
        self._start(self._follow(known))

    # --- jobs that earlier runs left -------------------------------------------

    async def _take_up(self) -> None:
        """Follow every open job of this model; look up those whose creation was cut off."""
        jobs = self._book.open_jobs(endpoint=self._endpoint.address, model=self._endpoint.model)
        for job in jobs:
            self._enter(job)
        for job in jobs:
            if job.state == "submitted":
                self._note(f"teacher: {job.name} of an earlier run holds {len(job.calls)} calls")
                self._start(self._follow(job))
            elif (batch := await self._found(job)) is not None:
                self._submitted(job, batch)
            else:
                self._drop(job, None)

    async def _found(self, job: Job) -> Batch | None:
        """Look a planned job up at the provider, once it must have appeared there.

        Raises:
            UnderstudyError: The provider cannot be asked, so nothing can be submitted safely.
        """
        young = (job.planned_at + SETTLING - datetime.now(UTC)).total_seconds()
        if young > 0:
            await self._chance.sleep(young)
        try:
            return await self._wire.find(job.key, planned_at=job.planned_at)
        except WIRE_ERRORS as error:
            failure = self._diagnosed(error)
            raise TeacherSetupError(
                f"whether {job.name} was started cannot be looked up: {failure.sentence}; run "
                "again later, and nothing is paid twice"
            ) from None

    # --- following --------------------------------------------------------------

    async def _follow(self, job: Job) -> None:
        """Look at a job until it has ended, then collect what it made."""
        misses = 0
        while True:
            try:
                batch = await self._wire.look(job.batch_id)
                self._say(job, batch)
                if batch.status in ENDED:
                    await self._collect(job, batch)
                    return
                misses = 0
            except WIRE_ERRORS as error:
                misses += 1
                self._missed(job, self._diagnosed(error, about=job.batch_id), misses)
            await self._chance.sleep(self._settings.poll_s)

    def _missed(self, job: Job, failure: Failure, misses: int) -> None:
        """Bear with a look that failed, or give up for this run."""
        if failure.kind != "busy" or misses >= PATIENCE:
            raise TeacherSetupError(
                f"{failure.sentence}. {job.name} with {len(job.calls)} calls goes on without this "
                "run: run again later"
            )
        self._note(f"teacher: {failure.sentence}; {job.name} is looked at again")

    def _say(self, job: Job, batch: Batch) -> None:
        self._open[job.key] = f"{batch.id} {standing_of(batch)}"
        self._note(f"teacher: {self._open[job.key]}")

    async def _collect(self, job: Job, batch: Batch) -> None:
        """Bring what an ended job made into the ledger, then hand it out."""
        left = {asked.digest: asked for asked in job.calls}
        outcomes: dict[str, Reply | Failure] = {}
        async for result in self._wire.results(batch):
            asked = left.pop(result.custom_id, None)
            if asked is not None:
                outcomes[asked.digest] = self._office.settle(job, asked, result)
        if is_full(batch):
            self._most = max(min(self._most, len(job.calls)) // 2, 1)
        missing = of_job(batch, self._endpoint)
        self._book.keep(job.model_copy(update={"state": "ended", "outcome": batch.status}))
        if left:
            self._note(f"teacher: {len(left)} calls left over: {missing.sentence}")
        self._leave(job)
        for digest in job.digests:
            self._queue.deliver(digest, outcomes.get(digest, missing))

    # --- what is open ------------------------------------------------------------

    def _enter(self, job: Job) -> None:
        self._open[job.key] = f"{len(job.calls)} calls on their way"
        self._meter.reserved += self._bound(job)
        self._queue.sent(job.digests)

    def _leave(self, job: Job) -> None:
        self._open.pop(job.key, None)
        self._meter.reserved -= self._bound(job)
        self._queue.returned(job.digests)
        self._room.set()

    def _bound(self, job: Job) -> float:
        """The most a job can cost this channel."""
        own = job.channel == self._channel
        return sum(asked.ceiling_usd for asked in job.calls) if own else 0.0

    def _drop(self, job: Job, failure: Failure | None) -> None:
        """Take back a job that was never started; without a failure its calls wait again."""
        self._book.forget(job)
        self._leave(job)
        if failure is None:
            self._queue.again(job.digests)
            return
        for digest in job.digests:
            self._queue.deliver(digest, failure)

    def _diagnosed(self, error: Exception, *, about: str = "") -> Failure:
        return of_wire(error, self._endpoint, now=time.time(), about=about)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let no call wait for work that has failed."""
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, UnderstudyError):
            self._office.stop(error)
        else:
            self.stop(error)


def _definite(error: Exception) -> bool:
    """Whether the provider has said no, so that nothing was started."""
    return isinstance(error, openai.APIStatusError) and error.status_code < 500
