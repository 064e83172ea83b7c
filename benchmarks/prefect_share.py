"""1,700 calls of two seconds, 20 in flight: what of the wall time is Prefect's?

The same two passes over 100 talks run twice, each on a model's server of its own: as the asking part
of the real flow, with Prefect's server, its UI, task runs, artifacts and logs to API and file; and the
bare task functions without any of it. Teacher, ledger, pacing and content rules are the same in both.
The share is what the first takes longer, over what it takes, from the flow's start until everything
is sent. The memory is the Prefect server's at the end; the growth is its database's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frame import ROOT, report

from flows.home import FOLDER, environment
from flows.server import start_server, stop
from tests.support.commands import shelve
from tests.support.model_server import model_server, state_of
from tests.support.teachers import make_settings, make_transcript, make_workspace

LATENCY_S, QUESTIONS, WORDS, CONCURRENT = 2.0, 16, 300, 20


@dataclass(frozen=True)
class Timed:
    """One way to run both passes."""

    seconds: float
    ideal_s: float
    """What the server made all requests wait, over the calls in flight."""
    calls: int


@dataclass(frozen=True)
class Home:
    """A Prefect server of its own."""

    folder: Path
    pid: int

    def settled_database(self) -> int:
        """Bytes, once the server has written what it was sent, with what is not yet written back."""
        time.sleep(3)  # it writes once a second
        return sum(path.stat().st_size for path in (self.folder / FOLDER).glob("prefect.db*"))

    @property
    def memory_mb(self) -> float:
        asked = ["ps", "-o", "rss=", "-p", str(self.pid)]
        return int(subprocess.check_output(asked)) / 1024


@contextmanager
def prefect() -> Iterator[Home]:
    """Prefect as `understudy ui` has it: server with UI, logs to the API and to the file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["PYTHONPATH"] = str(ROOT)  # the server is started in that home
        os.environ.update(environment(folder, console_level="CRITICAL"))
        process, url = start_server(folder)
        os.environ["PREFECT_API_URL"] = url
        try:
            yield Home(folder, process.pid)
        finally:
            stop(process)


def timed(talks: int, run: Callable[[Any], Coroutine[Any, Any, None]]) -> Timed:
    """Have both passes of so many talks run, and time them."""
    from tasks.project import Project

    with (
        model_server("--latency", LATENCY_S, "--seed", 1) as address,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = make_settings(
            address,
            {
                "teacher": {"max_concurrent": CONCURRENT, "timeout_s": 60},
                "questions": {"minimum": QUESTIONS, "maximum": QUESTIONS},
                "answers": {"group_size": 1},
            },
        )
        workspace = make_workspace(Path(folder))
        shelve(workspace.root, [make_transcript(f"talk{n:03}", words=WORDS) for n in range(talks)])
        began = time.monotonic()
        asyncio.run(run(Project(settings, workspace, "config/demo.yaml")))
        seconds = time.monotonic() - began
        state = state_of(address)
    return Timed(seconds, state["busy_s"] / CONCURRENT, state["completed"])


async def as_a_flow(project: Any) -> None:
    """The asking part of `build-dataset`, until the server has been sent all of it."""
    from prefect import flow

    from flows.asking import ask
    from flows.flush import flush
    from understudy.logfile import keep_log

    keep_log(os.environ)

    @flow(name="prefect-share", persist_result=False)
    async def asking() -> None:
        await ask(project)

    await asking()
    await asyncio.to_thread(flush)


async def bare(project: Any) -> None:
    """The same task functions, called as functions."""
    from prefect.logging import disable_run_logger

    from flows.asking import transcribed
    from tasks.answers import write_answers
    from tasks.questions import write_questions
    from tasks.teacher import open_teacher

    workspace, settings = project.workspace, project.settings

    async def both(video: str, teacher: Any) -> None:
        given = {"teacher": teacher, "channel": settings.channel}
        await write_questions.fn(workspace, video, settings=settings.questions, **given)
        await write_answers.fn(workspace, video, settings=settings.answers, **given)

    with disable_run_logger():
        async with open_teacher(project) as teacher:
            await asyncio.gather(*(both(video, teacher) for video in transcribed(project)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1700)
    talks = max(parser.parse_args().calls // (1 + QUESTIONS), 1)
    with prefect() as home:
        timed(1, as_a_flow)  # what is imported and opened once is not a call's cost
        before = home.settled_database()
        with_prefect = timed(talks, as_a_flow)
        memory, growth = home.memory_mb, home.settled_database() - before
    without = timed(talks, bare)
    extra = with_prefect.seconds - without.seconds
    report(
        "prefect-share",
        {
            "wall_share": round(extra / with_prefect.seconds, 4),
            "calls": with_prefect.calls,
            "seconds": round(with_prefect.seconds, 2),
            "seconds_bare": round(without.seconds, 2),
            "over_ideal": round(with_prefect.seconds / with_prefect.ideal_s - 1, 4),
            "over_ideal_bare": round(without.seconds / without.ideal_s - 1, 4),
            "server_memory_mb": round(memory),
            "database_growth_kb": round(growth / 1024),
            "database_kb_per_talk": round(growth / 1024 / talks, 1),
        },
    )


if __name__ == "__main__":
    main()
