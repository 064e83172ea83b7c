"""Kill a teacher's run again and again, and count what the server had to do twice."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.support.model_server import model_server
from tests.support.teacher_run import run
from understudy.teacher.money.ledger import read_entries

LEDGER, TOTALS = Path("data") / "ledger.jsonl", "totals.json"


@dataclass
class Killed:
    """What a series of kills came to."""

    kills: int
    """That hit a running process."""
    completed: int
    repeated: int
    """Calls made again although their reply was in the ledger."""
    in_flight: int
    """Calls made again whose reply the killed process had not stored yet."""
    most_in_flight: int
    """Of one kill: at most the concurrency."""
    totals: dict[str, int]
    """Of the last run, which was left alone."""


def kill_run(
    folder: Path, *, kills: int, videos: int, latency: float, concurrent: int, seed: int
) -> Killed:
    """Start, kill at a random moment, start again, and at last let it end."""
    log = folder / "server.jsonl"
    with model_server("--log", log, "--latency", latency) as address:
        start = partial(_start, folder, address, videos=videos, concurrent=concurrent)
        moments = _kills(start, log, kills, goal=2 * videos, draw=random.Random(seed))
        last = start()
        last.join()
    assert last.exitcode == 0
    stored = {json.loads(entry.body)["id"] for entry in read_entries(folder / LEDGER)}
    return _judged(_completed(log), stored, moments, json.loads((folder / TOTALS).read_text()))


def _start(folder: Path, address: str, *, videos: int, concurrent: int) -> BaseProcess:
    """Start a run in a process of its own, which a server forks that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_run, args=(folder, address, videos, concurrent))
    process.start()
    return process


def _run(folder: Path, address: str, videos: int, concurrent: int) -> None:
    totals = run(folder, address, videos=videos, count=3, max_concurrent=concurrent)
    (folder / TOTALS).write_text(json.dumps(asyncio.run(totals)))


def _kills(
    start: Callable[[], BaseProcess], log: Path, kills: int, *, goal: int, draw: random.Random
) -> list[float]:
    """When a running process was killed, each time after a random share of the calls was done."""
    moments: list[float] = []
    for number in range(kills):
        process = start()
        wanted = goal * (number + draw.uniform(0.2, 0.9)) / kills
        while process.is_alive() and _lines(log) < wanted:
            time.sleep(0.005)
        if process.is_alive():
            process.kill()
            moments.append(time.time())
        process.join()
    return moments


def _judged(
    completed: list[dict[str, Any]],
    stored: set[str],
    moments: list[float],
    totals: dict[str, int],
) -> Killed:
    """Compare the server's log with what the ledger holds."""
    seen: dict[str, dict[str, Any]] = {}
    repeated, of_kill = 0, Counter[float]()
    for one in completed:
        before = seen.get(one["key"])
        if before is not None and before["id"] in stored:
            repeated += 1
        elif before is not None:
            # The server ends a call up to a latency before or after the kill that lost it.
            of_kill[min(moments, key=partial(_distance, before["at"]))] += 1
        seen[one["key"]] = one
    return Killed(
        kills=len(moments),
        completed=len(completed),
        repeated=repeated,
        in_flight=of_kill.total(),
        most_in_flight=max(of_kill.values(), default=0),
        totals=totals,
    )


def _distance(one: float, other: float) -> float:
    return abs(one - other)


def _completed(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().split("\n")[:-1]]


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"\n") if log.exists() else 0
