"""Work side by side ends together, whatever becomes of it."""

from __future__ import annotations

import asyncio

import pytest

from understudy.teacher.together import together

pytestmark = pytest.mark.anyio


async def finished(value, done):
    for _ in range(3):
        await asyncio.sleep(0)
    done.append(value)
    return value


async def failed(error):
    raise error


async def test_what_came_is_in_the_order_of_the_work():
    assert await together(finished(value, []) for value in "cab") == ["c", "a", "b"]


async def test_the_rest_is_finished_before_the_first_failure_is_raised():
    done = []
    work = [finished(1, done), failed(ValueError("first")), failed(KeyError("second"))]

    with pytest.raises(ValueError, match="first"):
        await together([*work, finished(2, done)])

    assert done == [1, 2]


async def test_a_caller_that_is_cancelled_takes_all_of_it_along():
    done = []
    whole = asyncio.create_task(together(finished(value, done) for value in range(3)))
    await asyncio.sleep(0)
    whole.cancel()

    with pytest.raises(asyncio.CancelledError):
        await whole
    await asyncio.sleep(0.01)

    assert done == []
