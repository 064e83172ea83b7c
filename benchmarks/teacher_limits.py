"""A provider that allows 600 requests and 200,000 tokens a minute: how much of it is used?

Two runs side by side on a server each: short prompts, of which the requests are
what binds, and prompts of a talk's length, of which it is the tokens. A minute
is left for finding the pace; what is counted are the two after it, by the
server. Calls take 4 s and come faster than they may be made.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from itertools import count
from pathlib import Path

from frame import report

from tests.support.openai_server import Behaviour, Server, serve
from tests.support.teachers import make_transcript, teaching
from understudy.teacher.calling.calls import Call, Turn
from understudy.teacher.calling.engine import Engine
from understudy.teacher.prompts import shared_prefix
from understudy.teacher.schemas import REPLY_SCHEMA, SCHEMA_NAME

REQUESTS, TOKENS = 600, 200_000
WARM_S, COUNTED_S = 60.0, 120.0
SHORT, LONG = 25, 500
"""Words of the talk in a prompt."""


def call_for(number: int, words: int) -> Call:
    """One question about an invented talk, without our instructions."""
    stable = shared_prefix(make_transcript(f"talk{number:06}", words=words))
    return Call(
        item_id=f"talk{number:06}",
        kind="questions",
        order=number,
        turns=(Turn(role="user", stable=stable, text="Task: write 1 questions."),),
        schema_name=SCHEMA_NAME,
        reply_schema=REPLY_SCHEMA,
        prompt_version="bench",
        max_tokens=1000,
    )


async def flood(engine: Engine, words: int, until: float) -> None:
    """Keep more calls waiting than can be in flight."""
    numbers = count()

    async def one_after_the_other() -> None:
        while time.monotonic() < until:
            await engine.ask(call_for(next(numbers), words), str)

    await asyncio.gather(*(one_after_the_other() for _ in range(100)))


async def measure(words: int) -> dict[str, float]:
    """Share of each limit that was used after the first minute, and of requests refused."""
    limits = {"requests_per_minute": REQUESTS, "tokens_per_minute": TOKENS}
    server, runner = await serve(Behaviour(latency_s=4, **limits))
    teacher = {"max_concurrent": 100, "max_retries": 20, "timeout_s": 60, **limits}
    with tempfile.TemporaryDirectory() as folder:
        async with teaching(Path(folder), server, teacher=teacher) as one:
            until = time.monotonic() + WARM_S + COUNTED_S
            work = asyncio.create_task(flood(one.teacher.engine, words, until))
            await asyncio.sleep(WARM_S)
            before = _counted(server)
            await asyncio.sleep(COUNTED_S)
            after = _counted(server)
            await work
    await runner.cleanup()
    made, tokens, refused = (now - then for now, then in zip(after, before, strict=True))
    minutes = COUNTED_S / 60
    return {
        "requests_used": made / minutes / REQUESTS,
        "tokens_used": tokens / minutes / TOKENS,
        "refused": refused / (made + refused),
    }


def _counted(server: Server) -> tuple[int, int, int]:
    """Completed calls, their tokens, and refusals so far."""
    tokens = sum(one["total_tokens"] for one in server.completed)
    return len(server.completed), tokens, server.statuses[429]


async def both() -> tuple[dict[str, float], dict[str, float]]:
    """Requests bind in the first run, tokens in the second."""
    return await asyncio.gather(measure(SHORT), measure(LONG))


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    short, long = asyncio.run(both())
    report(
        "teacher-limits",
        {
            "requests_used": round(short["requests_used"], 4),
            "requests_refused_share": round(short["refused"], 5),
            "tokens_used": round(long["tokens_used"], 4),
            "tokens_refused_share": round(long["refused"], 5),
        },
    )


if __name__ == "__main__":
    main()
