"""1,700 calls of half a second: how much of the ideal time does the teacher use?

The ideal is the sum of the server's latencies over the calls in flight. What is
timed is the asking part of the real flow, both passes of 100 talks with a call
for each question: task runs, Prefect server, ledger, meter and content rules are
in it, and so are opening and closing. Side by side in the same run: AsyncOpenAI
under a semaphore, and bespokelabs-curator in an environment of its own, with as
many calls of the same prompts. The model's server, Prefect's and the client have
a process each, so an idle machine with two cores is the least that this needs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frame import ROOT, report
from peers import bare, curator

from flows.home import environment
from flows.server import server
from tests.support.commands import shelve
from tests.support.model_server import model_server, state_of
from tests.support.teachers import make_settings, make_transcript, make_workspace

LATENCY, QUESTIONS, WORDS = 0.5, 16, 300
ERRORS, UNUSABLE = ("429_after", "500", "503", "reset"), ("truncated_json",)


@dataclass(frozen=True)
class Measured:
    """One run of the teacher."""

    seconds: float
    cpu_s: float
    """Of this process."""
    busy_s: float
    """That the server made all requests wait, added up."""
    calls: int
    answers: int
    concurrent: int

    @property
    def efficiency(self) -> float:
        return self.busy_s / self.concurrent / self.seconds


@contextmanager
def prefect() -> Iterator[None]:
    """A real Prefect server of a home of its own for all flows of this process."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPATH"] = str(ROOT)  # the server is started in that home
        os.environ.update(environment(Path(folder), console_level="CRITICAL"))
        with server(Path(folder)) as url:
            os.environ["PREFECT_API_URL"] = url
            yield
            from flows.flush import flush

            flush()


def teacher(talks: int, concurrent: int, faults: float = 0.0) -> Measured:
    """Ask about all talks in a flow."""
    rules = ("--latency", LATENCY, "--seed", 1, "--faults", faults)
    kinds = ("--kinds", ",".join((*ERRORS, *UNUSABLE)))
    with model_server(*rules, *kinds) as address, tempfile.TemporaryDirectory() as folder:
        settings = make_settings(
            address,
            {
                "teacher": {
                    "max_concurrent": concurrent,
                    "retry_delay_s": 0.2,
                    "max_retries": 6,
                    "timeout_s": 60,
                },
                "questions": {"minimum": QUESTIONS, "maximum": QUESTIONS},
                "answers": {"group_size": 1},
            },
        )
        workspace = make_workspace(Path(folder))
        shelve(workspace.root, [make_transcript(f"talk{n:03}", words=WORDS) for n in range(talks)])
        seconds, cpu_s, answers = asyncio.run(_asked(settings, workspace))
        state = state_of(address)
    return Measured(seconds, cpu_s, state["busy_s"], state["completed"], answers, concurrent)


async def _asked(settings: Any, workspace: Any) -> tuple[float, float, int]:
    """Run the asking part of `build-dataset` as a flow; seconds, CPU seconds, answers."""
    from prefect import flow

    from flows.asking import ask
    from tasks.project import Project

    @flow(name="teacher-throughput", persist_result=False)
    async def asking() -> tuple[float, float, int]:
        cpu, began = _cpu_s(), time.monotonic()
        accounts = await ask(Project(settings, workspace, "config/demo.yaml"))
        seconds, cpu = time.monotonic() - began, _cpu_s() - cpu
        return seconds, cpu, next(one.produced for one in accounts if one.stage == "answers")

    return await asking()


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peer(run: Any, calls: int, concurrent: int) -> float | None:
    """Seconds that another client needs for as many calls; None where it cannot be had."""
    with model_server("--latency", LATENCY, "--seed", 1) as address:
        talks = [make_transcript(f"talk{n:03}", words=WORDS) for n in range(calls)]
        return run(address, talks, concurrent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--talks", type=int, default=100)
    parser.add_argument("--only", default="20,100,faults,bare,curator", help="parts, by comma")
    given = parser.parse_args()
    parts, talks = set(given.only.split(",")), given.talks
    calls = talks * (1 + QUESTIONS)
    found: dict[str, Any] = {"calls": calls}
    with prefect():
        teacher(1, 20)  # what is imported and opened once is not a call's cost
        at_20 = teacher(talks, 20) if "20" in parts else None
        at_100 = teacher(talks, 100) if "100" in parts else None
        faulty = teacher(talks, 20, faults=0.25) if "faults" in parts else None
    alone = peer(bare, calls, 20) if "bare" in parts else None
    other = peer(curator, calls, 20) if "curator" in parts else None
    for name, run in (("20", at_20), ("100", at_100), ("faults", faulty)):
        if run:
            found[f"efficiency_{name}"] = round(run.efficiency, 4)
            found[f"cpu_ms_per_call_{name}"] = round(1000 * run.cpu_s / run.calls, 2)
            found[f"answers_{name}"] = run.answers
    if at_20:
        found["ratio_to_bare_20"] = alone and round(alone / at_20.seconds, 4)
        found["ratio_to_peer_20"] = other and round(other / at_20.seconds, 4)
    report("teacher-throughput", found)


if __name__ == "__main__":
    main()
