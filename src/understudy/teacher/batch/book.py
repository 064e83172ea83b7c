"""Batch jobs that were sent off, on disk before the provider is asked to start them.

A job is written down as planned, with a key of its own that travels in its
metadata, then created, then written down with the provider's id. A run that is
killed in between finds the key in the provider's list, or knows that nothing
was started: no job is ever submitted twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from understudy.artifacts import read_record, write_json
from understudy.records import Record
from understudy.teacher.calling.calls import Pass


class Asked(Record):
    """One call of a job: all that its line in the ledger needs beside the reply."""

    digest: str
    """Of the call, as the ledger keys it."""
    item_id: str
    kind: Pass
    prompt_version: str
    prompt_chars: int
    attempts: int
    """Requests so far, this one included."""
    ceiling_usd: float
    """Most it can cost; set aside until the job has ended."""


class Job(Record):
    """One batch job at a provider."""

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    """Ours; names the file, and the job in the provider's metadata."""
    state: Literal["planned", "submitted", "ended"]
    """`planned`: whether the provider has it must be looked up there."""
    batch_id: str = ""
    """The provider's name for it."""
    outcome: str = ""
    """The provider's last word: `completed`, `expired`, `failed` or `cancelled`."""
    planned_at: datetime
    """UTC."""
    channel: str
    """Whose run pays for it."""
    endpoint: str
    model: str
    calls: tuple[Asked, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(asked.digest for asked in self.calls)

    @property
    def name(self) -> str:
        """As messages name it."""
        return self.batch_id or f"planned job {self.key[:12]}"


def new_key() -> str:
    """A key that no other submission has, not even of the same calls."""
    return secrets.token_hex(16)


class JobBook:
    """A folder with one file per job.

    Args:
        folder: Made when the first job is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open_jobs(self, *, endpoint: str | None = None, model: str | None = None) -> Sequence[Job]:
        """Read the jobs that have not ended, oldest first.

        Args:
            endpoint: Only those at this address.
            model: Only those of this model.

        Raises:
            DataError: A file cannot be read.
        """
        if not self._folder.is_dir():
            return ()
        jobs = [read_record(path, Job) for path in self._folder.glob("*.json")]
        wanted = (
            job
            for job in jobs
            if job.state != "ended"
            and endpoint in {None, job.endpoint}
            and model in {None, job.model}
        )
        return tuple(sorted(wanted, key=lambda job: (job.planned_at, job.key)))

    def keep(self, job: Job) -> Job:
        """Write a job down, durably, in the place of what was known of it.

        Raises:
            WriteError: The file system refused.
        """
        write_json(self._path(job), job)
        return job

    def forget(self, job: Job) -> None:
        """Remove a job that the provider never started."""
        self._path(job).unlink(missing_ok=True)

    def _path(self, job: Job) -> Path:
        return self._folder / f"{job.key}.json"
