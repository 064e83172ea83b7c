"""What the server of a command does before it stops."""

from __future__ import annotations

import asyncio

import pytest

from flows.serving import handled

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_it_waits_until_every_event_is_handled():
    counts = {"published": 40, "consumed": 9}

    async def consume():
        while counts["consumed"] < counts["published"]:
            await asyncio.sleep(0.001)
            counts["consumed"] += 1

    consuming = asyncio.create_task(consume())
    await handled(lambda: counts)

    assert counts["consumed"] == 40
    await consuming


async def test_what_nobody_will_handle_holds_it_no_longer_than_its_patience():
    stuck = {"published": 3, "consumed": 1}

    async with asyncio.timeout(2):
        await handled(lambda: stuck, patience_s=0.1)
