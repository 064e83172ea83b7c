"""Open batch jobs as a person wants to see them, and one of them stopped."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from openai import AsyncOpenAI

from understudy.errors import ConfigError, TeacherSetupError
from understudy.settings import TeacherSettings
from understudy.teacher.batch.book import Job, JobBook
from understudy.teacher.batch.causes import of_wire
from understudy.teacher.batch.wire import BatchWire, standing_of
from understudy.teacher.calling.address import address_of
from understudy.teacher.calling.causes import WIRE_ERRORS
from understudy.teacher.calling.client import open_client
from understudy.teacher.calling.failures import Endpoint
from understudy.workspace import Workspace


@dataclass(frozen=True)
class Standing:
    """A job, and how far it is."""

    job: Job
    state: str
    """In the provider's words, or why it was not asked."""


async def open_jobs(teacher: TeacherSettings, workspace: Workspace) -> Sequence[Standing]:
    """Look at every job of the project that no run has collected yet, oldest first.

    Args:
        teacher: Whose address and key are used; jobs at other addresses are listed only.

    Raises:
        DataError: A job's file cannot be read.
        TeacherSetupError: No key, or no address.
    """
    jobs = JobBook(workspace.batches).open_jobs()
    if not any(_is_at(job, teacher) for job in jobs):
        return [Standing(job, _unasked(job)) for job in jobs]
    async with open_client(teacher) as client:
        return [Standing(job, await _state(job, teacher, client)) for job in jobs]


async def cancel_job(teacher: TeacherSettings, workspace: Workspace, batch_id: str) -> str:
    """Have the provider stop a job, and say what becomes of it.

    Args:
        batch_id: The provider's name for it.

    Raises:
        ConfigError: No open job at this address has that name.
        TeacherSetupError: No key, or the provider cannot be asked.
    """
    jobs = [job for job in JobBook(workspace.batches).open_jobs() if _is_at(job, teacher)]
    if batch_id not in [job.batch_id for job in jobs]:
        raise ConfigError(
            f"no open job at {address_of(teacher)} is called {batch_id!r}: `understudy ledger jobs` "
            "lists them"
        )
    async with open_client(teacher) as client:
        try:
            batch = await BatchWire(client).cancel(batch_id)
        except WIRE_ERRORS as error:
            raise TeacherSetupError(_sentence(error, teacher, batch_id)) from None
    return standing_of(batch)


async def _state(job: Job, teacher: TeacherSettings, client: AsyncOpenAI) -> str:
    if not _is_at(job, teacher):
        return _unasked(job)
    try:
        return standing_of(await BatchWire(client).look(job.batch_id))
    except WIRE_ERRORS as error:
        return _sentence(error, teacher, job.batch_id)


def _is_at(job: Job, teacher: TeacherSettings) -> bool:
    """Whether the provider that the settings name has been asked to start a job."""
    return job.state == "submitted" and job.endpoint == address_of(teacher)


def _unasked(job: Job) -> str:
    if job.state == "planned":
        return "perhaps never started: the next run looks it up"
    return f"at {job.endpoint}: name a config with that address"


def _sentence(error: Exception, teacher: TeacherSettings, batch_id: str) -> str:
    endpoint = Endpoint(address_of(teacher), teacher.model, teacher.api_key_env)
    return of_wire(error, endpoint, now=time.time(), about=batch_id).sentence
