"""Slots by priority, rates by the minute."""

from __future__ import annotations

import asyncio
import random
from collections import deque

import pytest

from tests.support.allowance import Allowance
from understudy.errors import TeacherSetupError
from understudy.teacher.calling.pacing import Bucket, Gate, Pacer, seconds_of

pytestmark = pytest.mark.anyio


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_retries_go_first_then_input_order():
    gate, served = Gate(1), []

    async def work(name, priority, order):
        await gate.acquire(priority, order)
        served.append(name)
        gate.release()

    await gate.acquire(1, 0)
    waiting = [
        asyncio.create_task(work(*one))
        for one in (("late", 1, 9), ("early", 1, 2), ("retry", 0, 7))
    ]
    await asyncio.sleep(0)
    gate.release()
    await asyncio.gather(*waiting)

    assert served == ["retry", "early", "late"]
    assert gate.in_flight == 0


async def test_a_cancelled_waiter_loses_no_slot():
    gate = Gate(1)
    await gate.acquire(1, 0)
    waiter = asyncio.create_task(gate.acquire(1, 1))
    await asyncio.sleep(0)
    gate.release()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter

    await asyncio.wait_for(gate.acquire(1, 2), 1)
    assert gate.in_flight == 1


async def test_closing_fails_everything_that_waits():
    gate = Gate(1)
    await gate.acquire(1, 0)
    waiter = asyncio.create_task(gate.acquire(1, 1))
    await asyncio.sleep(0)

    gate.close(TeacherSetupError("no key"))

    with pytest.raises(TeacherSetupError, match="no key"):
        await waiter


def test_many_429s_narrow_the_gate_and_successes_widen_it_again():
    gate = Gate(20)
    for _ in range(12):
        gate.throttled()
    narrow = gate.limit
    for _ in range(400):
        gate.succeeded()

    assert narrow < 10
    assert gate.limit == 20


def test_a_429_now_and_then_changes_nothing():
    gate = Gate(20)
    for turn in range(300):
        gate.throttled() if turn % 10 == 0 else gate.succeeded()

    assert gate.limit == 20


async def test_a_minute_holds_hardly_fewer_requests_than_allowed():
    clock = Clock()
    pacer = Pacer(600, None, clock=clock, sleep=clock.sleep)
    for _ in range(600):
        await pacer.wait(0)

    assert 60 <= clock.now - 100 < 62


async def test_the_servers_own_limit_wins_when_it_is_lower():
    clock = Clock()
    bucket = Bucket(1000, clock)

    bucket.learn(500)
    assert bucket.per_minute == 500
    bucket.learn(2000)
    assert bucket.per_minute == 1000


async def test_what_a_call_really_took_moves_the_next_one():
    clock = Clock()
    pacer = Pacer(None, 6000, clock=clock, sleep=clock.sleep)
    reserved = await pacer.wait(100)
    pacer.settle(expected=100, reserved=reserved, used=400)

    await pacer.wait(100)

    assert clock.now == pytest.approx(104, rel=0.01)


async def test_calls_that_take_more_than_expected_are_expected_to():
    clock = Clock()
    pacer = Pacer(None, 60_000, clock=clock, sleep=clock.sleep)
    for _ in range(200):
        reserved = await pacer.wait(100)
        pacer.settle(expected=100, reserved=reserved, used=250)

    assert reserved == pytest.approx(250, rel=0.01)


@pytest.mark.parametrize(("mean", "binding"), [(900, "tokens"), (250, "requests")])
async def test_three_minutes_at_a_provider_use_its_rate_and_are_hardly_ever_refused(mean, binding):
    """Calls of changing length whose tokens are counted when they end, 8 s after they began."""
    clock, draw = Clock(), random.Random(1)
    provider = {"requests": Allowance(600, clock), "tokens": Allowance(200_000, clock)}
    pacer = Pacer(600, 200_000, clock=clock, sleep=clock.sleep)
    begun, ending = [], deque()
    while clock.now < 100 + 180:
        prompt, reply = draw.uniform(0.3, 1.2) * mean, draw.uniform(0.1, 0.4) * mean
        expected = prompt * draw.uniform(0.8, 1.2)
        reserved = await pacer.wait(expected)
        while ending and ending[0][0] <= clock.now:
            _, told, took, said = ending.popleft()
            provider["tokens"].charge(said)
            pacer.settle(expected=told[0], reserved=told[1], used=took)
        need = {"requests": 1, "tokens": prompt}
        refused = any(provider[name].lacking_s(need[name]) for name in provider)
        if not refused:
            for name, one in provider.items():
                one.charge(need[name])
            ending.append((clock.now + 8, (expected, reserved), prompt + reply, reply))
        begun.append((clock.now, refused, {"requests": 1, "tokens": prompt + reply}))

    later = [one for one in begun if one[0] > 160]
    used = sum(need[binding] for _, refused, need in later if not refused) / 2
    assert used > 0.9 * provider[binding].per_minute
    assert sum(refused for _, refused, _ in later) < 0.02 * len(later)


async def test_nothing_left_holds_all_until_the_reset():
    clock = Clock()
    pacer = Pacer(None, None, clock=clock, sleep=clock.sleep)
    pacer.learn({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1.5s"})

    await pacer.wait(1)

    assert clock.now == pytest.approx(101.5)


@pytest.mark.parametrize(
    ("text", "seconds"), [("1m30s", 90), ("250ms", 0.25), ("6", 6), ("1h", 3600), ("soon", 0)]
)
def test_reset_times_are_read(text, seconds):
    assert seconds_of(text) == seconds
