"""What a run shows while it works: at most one update in two seconds, and never an end to the work."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from prefect.logging import disable_run_logger

from flows import progress
from flows.progress import Seen, watched

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def told(monkeypatch):
    """The updates that would go to the server."""
    sent: list[tuple[str, float, str]] = []

    async def create(*, progress, key, description):
        sent.append((key, progress, description))
        return uuid4()

    async def update(_, *, progress, description):
        sent.append(("", progress, description))

    monkeypatch.setattr(progress, "acreate_progress_artifact", create)
    monkeypatch.setattr(progress, "aupdate_progress_artifact", update)
    monkeypatch.setattr(progress, "ARTIFACT_EVERY_S", 0.2)
    monkeypatch.setattr(progress, "_BAR_EVERY_S", 0.01)
    return sent


async def test_the_artifact_is_made_once_updated_seldom_and_right_at_the_end(told):
    at = 0

    async with watched("work", lambda: Seen(at, 100, f"{at} done")):
        for step in range(1, 101):
            at = step
            await asyncio.sleep(0.01)

    assert told[0][0] == "work"
    assert {key for key, _, _ in told[1:]} == {""}
    assert 3 <= len(told) <= 9
    assert told[-1][1:] == (100.0, "100 done")


async def test_what_has_nothing_to_show_makes_no_artifact(told):
    async with watched("work", lambda: None):
        await asyncio.sleep(0.3)

    assert told == []


async def test_standing_still_costs_no_update(told):
    async with watched("work", lambda: Seen(1, 2, "half")):
        await asyncio.sleep(0.6)

    assert len(told) == 1


async def test_more_than_planned_is_not_over_a_hundred_percent(told):
    async with watched("work", lambda: Seen(7, 5, "7 of about 5")):
        pass

    assert told == [("work", 100.0, "7 of about 5")]


async def test_a_server_that_is_gone_does_not_end_the_work(told, monkeypatch):
    async def fail(**_):
        raise ConnectionError("gone")

    monkeypatch.setattr(progress, "acreate_progress_artifact", fail)
    finished = False

    with disable_run_logger():
        async with watched("work", lambda: Seen(1, 2, "half")):
            await asyncio.sleep(0.3)
            finished = True

    assert finished


async def test_an_error_of_the_work_passes_through(told):
    with pytest.raises(ZeroDivisionError):
        async with watched("work", lambda: Seen(1, 2, "half")):
            raise ZeroDivisionError

    assert told[-1][1] == 50.0
