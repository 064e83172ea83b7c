"""The provider's Batch API, as little of it as a job needs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

from openai import AsyncOpenAI
from openai.types import Batch

from understudy.teacher.batch.lines import ENDPOINT, Result, read_result

KEY = "understudy"
"""Under which a job's metadata holds our key."""
ENDED = frozenset({"completed", "expired", "failed", "cancelled"})
_CLOCKS_APART = timedelta(hours=1)
"""How much the provider's clock and ours may differ."""


class BatchWire:
    """Jobs over one client. Whatever the client raises is for the caller to diagnose."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    async def upload(self, content: bytes, key: str) -> str:
        """Send an input file; starts nothing and costs nothing."""
        named = (f"understudy-{key}.jsonl", content, "application/jsonl")
        return (await self._client.files.create(file=named, purpose="batch")).id

    async def create(self, file_id: str, key: str) -> Batch:
        """Start a job."""
        return await self._client.batches.create(
            input_file_id=file_id,
            endpoint=ENDPOINT,
            completion_window="24h",
            metadata={KEY: key},
        )

    async def find(self, key: str, *, planned_at: datetime) -> Batch | None:
        """Look a key up among the provider's jobs, newest first; None where it has none."""
        oldest = (planned_at - _CLOCKS_APART).timestamp()
        async for batch in self._client.batches.list(limit=100):
            if (batch.metadata or {}).get(KEY) == key:
                return batch
            if batch.created_at < oldest:
                return None
        return None

    async def look(self, batch_id: str) -> Batch:
        """How far a job is."""
        return await self._client.batches.retrieve(batch_id)

    async def cancel(self, batch_id: str) -> Batch:
        """Have a job stopped. What it has completed stays, and is paid for."""
        return await self._client.batches.cancel(batch_id)

    async def results(self, batch: Batch) -> AsyncGenerator[Result]:
        """Read what a job has completed and what failed in it, line by line and in no order."""
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is None:
                continue
            opening = self._client.files.with_streaming_response.content(file_id)
            async with opening as response:
                async for line in response.iter_lines():
                    if (result := read_result(line)) is not None:
                        yield result


def standing_of(batch: Batch) -> str:
    """How far a job is, in a few words."""
    counts = batch.request_counts
    done = f"{counts.completed} of {counts.total} done" if counts else "no counts yet"
    failed = f", {counts.failed} failed" if counts and counts.failed else ""
    return f"{batch.status}, {done}{failed}"
