"""Kill -9 around a batch job's submission: no call is ever in two jobs that ran it."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.support.model_server import model_server
from tests.support.teacher_run import run

KILLS, VIDEOS = 12, 20
HOLD_S = 0.4
"""How long the provider takes to answer that a job was started: most kills fall into it."""
BATCH = {"poll_s": 0.2, "gather_s": 0.2, "max_requests": 2, "max_mb": 200}


def _run(folder: Path, address: str) -> None:
    totals = asyncio.run(run(folder, address, videos=VIDEOS, count=3, mode="batch", batch=BATCH))
    (folder / "totals.json").write_text(json.dumps(totals))


def _start(folder: Path, address: str) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_run, args=(folder, address))
    process.start()
    return process


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_no_call_is_submitted_twice_wherever_a_run_is_killed(tmp_path: Path) -> None:
    log, draw, killed = tmp_path / "server.jsonl", random.Random(8), 0
    jobs = tmp_path / "data" / "batches"
    with model_server("--log", log, "--batch-hold", HOLD_S, "--batch-looks", 2) as address:
        for _ in range(KILLS):
            before = len(list(jobs.glob("*.json")))
            process = _start(tmp_path, address)
            while process.is_alive() and len(list(jobs.glob("*.json"))) <= before:
                time.sleep(0.01)
            time.sleep(draw.uniform(0, 2 * HOLD_S))
            killed += process.is_alive()
            process.kill()
            process.join()
        last = _start(tmp_path, address)
        last.join()

    keys = Counter(json.loads(line)["key"] for line in log.read_text().splitlines())
    totals = json.loads((tmp_path / "totals.json").read_text())
    states = [json.loads(path.read_text())["state"] for path in jobs.glob("*.json")]
    assert last.exitcode == 0
    assert killed >= KILLS // 2
    assert set(keys.values()) == {1}
    assert totals["answers"] == 3 * VIDEOS
    assert set(states) == {"ended"}
