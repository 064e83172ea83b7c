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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Killed:
    """What a series of kills came to."""

    kills: int
    """That hit a running process."""
    completed: int
    repeated: int
    """Completed calls that were made again though their reply had arrived well before a kill."""
    in_flight: int
    """Calls made again whose first completion was within a moment of a kill."""
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
        while process.poll() is None and len(_completed(log)) < wanted:
            time.sleep(0.005)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            moments.append(time.time())
        process.wait()
    last = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    return _judged(_completed(log), moments, json.loads(last.stdout))


def _judged(
    completed: list[dict[str, float]], moments: list[float], totals: dict[str, int]
) -> Killed:
    times = Counter(str(one["key"]) for one in completed)
    again = [one for one in completed if times[str(one["key"])] > 1]
    firsts: dict[str, float] = {}
    for one in again:
        firsts.setdefault(str(one["key"]), one["at"])
    near = [at for at in firsts.values() if any(-0.1 <= kill - at <= 0.1 for kill in moments)]
    return Killed(
        kills=len(moments),
        completed=len(completed),
        repeated=len(firsts) - len(near),
        in_flight=len(near),
        totals=totals,
    )


def _completed(log: Path) -> list[dict[str, float]]:
    if not log.exists():
        return []
    lines = log.read_text().split("\n")[:-1]
    return [json.loads(line) for line in lines]


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"tests.support.{module}", *arguments]
