"""1,700 calls of half a second: how much of the ideal time is used?

The ideal is the sum of the server's latencies over the calls in flight. Side by
side in the same run: a bare AsyncOpenAI under a semaphore with the same prompts.
The server runs in a process of its own. The peers of other projects are not
installed by this benchmark: their figures are in docs/DECISIONS.md.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frame import ROOT, report

from tests.support.teacher_run import TALK_WORDS, run
from tests.support.teachers import make_settings, make_transcript
from understudy.teacher.client import open_client
from understudy.teacher.prompts import load_prompts, turns_for
from understudy.teacher.schemas import REPLY_SCHEMA, SCHEMA_NAME

LATENCY = 0.5


@contextmanager
def server(faults: float) -> Iterator[str]:
    """A server process; gives its address."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.support.openai_server"),
            *("--latency", str(LATENCY), "--faults", str(faults), "--seed", "1"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def engine(address: str, calls: int, concurrent: int) -> dict[str, Any]:
    """The teacher with ledger, rules and all; two calls a talk."""
    with tempfile.TemporaryDirectory() as folder:
        return await run(
            Path(folder),
            address,
            videos=calls // 2,
            count=1,
            max_concurrent=concurrent,
            retry_delay_s=0.2,
            max_retries=5,
        )


async def bare(address: str, calls: int, concurrent: int) -> float:
    """Seconds that the client alone takes under a semaphore."""
    settings = make_settings(address, {"teacher": {"max_concurrent": concurrent}})
    prompts = load_prompts(
        ROOT,
        system=settings.teacher.prompt,
        questions=settings.questions.prompt,
        answers=settings.answers.prompt,
        channel=settings.channel,
    )
    slots = asyncio.Semaphore(concurrent)
    schema: Any = {"name": SCHEMA_NAME, "strict": True, "schema": REPLY_SCHEMA}
    client = open_client(settings.teacher)

    async def one(number: int) -> None:
        talk = make_transcript(f"bare{number:04d}", words=TALK_WORDS)
        turns = turns_for(prompts.system, talk, prompts.questions.filled(count="1"))
        messages: Any = [{"role": turn.role, "content": turn.content} for turn in turns]
        async with slots:
            await client.chat.completions.create(
                model=settings.teacher.model,
                messages=messages,
                response_format={"type": "json_schema", "json_schema": schema},
            )

    began = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(calls)))
    seconds = time.monotonic() - began
    await client.close()
    return seconds


def measure(calls: int, concurrent: int, faults: float = 0.0) -> dict[str, Any]:
    """One run of the engine; its efficiency against the ideal."""
    with server(faults) as address:
        totals = asyncio.run(engine(address, calls, concurrent))
    ideal = totals["calls"] * LATENCY / concurrent
    return {**totals, "efficiency": ideal / totals["seconds"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1700)
    calls = parser.parse_args().calls
    at_20, at_100 = measure(calls, 20), measure(calls, 100)
    with server(0) as address:
        alone = asyncio.run(bare(address, calls, 20))
    under_faults = measure(calls, 20, faults=0.25)
    report(
        "teacher-throughput",
        {
            "efficiency_20": round(at_20["efficiency"], 4),
            "efficiency_100": round(at_100["efficiency"], 4),
            "ratio_to_bare_20": round(alone / at_20["seconds"], 4),
            "ratio_to_peer_20": None,
            "efficiency_20_faults": round(under_faults["efficiency"], 4),
            "client_cpu_ms_per_call": round(1000 * at_20["cpu_s"] / at_20["calls"], 2),
            "calls": calls,
        },
    )


if __name__ == "__main__":
    main()
