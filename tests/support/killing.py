"""Kill a teacher's run again and again, and count what the server had to do twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from understudy.teacher.ledger import read_entries

ROOT = Path(__file__).resolve().parents[2]
LEDGER = Path("data") / "ledger.jsonl"


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
    server = subprocess.Popen(
        _command("openai_server", "--log", str(log), "--latency", str(latency)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        address = server.stdout.readline().strip()
        return _series(folder, address, log, kills, videos, concurrent, random.Random(seed))
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def _series(
    folder: Path,
    address: str,
    log: Path,
    kills: int,
    videos: int,
    concurrent: int,
    draw: random.Random,
) -> Killed:
    run = _command(
        *("teacher_run", str(folder), address),
        *("--videos", str(videos), "--concurrent", str(concurrent)),
    )
    moments: list[float] = []
    goal = 2 * videos
    for number in range(kills):
        process = subprocess.Popen(run, cwd=ROOT, stdout=subprocess.DEVNULL)
        wanted = goal * (number + draw.uniform(0.2, 0.9)) / kills
        while process.poll() is None and _lines(log) < wanted:
            time.sleep(0.02)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            moments.append(time.time())
        process.wait()
    last = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    stored = {json.loads(entry.body)["id"] for entry in read_entries(folder / LEDGER)}
    return _judged(_completed(log), stored, moments, json.loads(last.stdout))


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


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"tests.support.{module}", *arguments]
