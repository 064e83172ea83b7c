"""Other clients with the same prompts against the same server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from frame import ROOT
from openai import AsyncOpenAI

from tests.support.teachers import make_settings
from understudy.records import Transcript
from understudy.teacher.prompts import load_prompts, turns_for
from understudy.teacher.schemas import REPLY_SCHEMA, SCHEMA_NAME

CURATOR = "bespokelabs-curator==0.1.31"
PEERS = ROOT / ".peers"
"""Where peers get environments of their own; ignored by git."""
MODEL = "gpt-4o-mini"
"""Whatever its name, the server answers; curator knows that this one takes a schema."""


def prompts_for(talks: Sequence[Transcript]) -> list[list[dict[str, str]]]:
    """The messages of one question about each talk."""
    settings = make_settings("http://127.0.0.1/v1")
    prompts = load_prompts(
        ROOT,
        system=settings.teacher.prompt,
        questions=settings.questions.prompt,
        answers=settings.answers.prompt,
        channel=settings.channel,
    )
    task = prompts.questions.filled(count="1")
    return [
        [{"role": turn.role, "content": turn.content} for turn in one]
        for one in (turns_for(prompts.system, talk, task) for talk in talks)
    ]


def bare(address: str, talks: Sequence[Transcript], concurrent: int) -> float:
    """Seconds of AsyncOpenAI, as it comes, under a semaphore and a gather."""
    return asyncio.run(_bare(address, prompts_for(talks), concurrent))


async def _bare(address: str, prompts: Sequence[Any], concurrent: int) -> float:
    schema: Any = {"name": SCHEMA_NAME, "strict": True, "schema": REPLY_SCHEMA}
    slots = asyncio.Semaphore(concurrent)
    async with AsyncOpenAI(base_url=address, api_key="none") as client:

        async def one(messages: Any) -> None:
            async with slots:
                await client.chat.completions.create(
                    model=MODEL,
                    messages=messages,
                    response_format={"type": "json_schema", "json_schema": schema},
                )

        began = time.monotonic()
        await asyncio.gather(*map(one, prompts))
        return time.monotonic() - began


def curator(address: str, talks: Sequence[Transcript], concurrent: int) -> float | None:
    """Seconds of bespokelabs-curator, or None with a line that says what failed."""
    python = PEERS / "curator" / "bin" / "python"
    script = Path(__file__).with_name("peer_curator.py")
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "prompts.jsonl"
        rows.write_text("\n".join(json.dumps({"messages": one}) for one in prompts_for(talks)))
        try:
            _install(python, CURATOR)
            said = subprocess.run(
                [python, script, address, rows, str(concurrent), folder],
                cwd=folder,
                capture_output=True,
                text=True,
                check=True,
                timeout=600,
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            print(f"curator: {error}\n{getattr(error, 'stderr', None) or ''}"[-3000:])
            return None
    told = json.loads(said.strip().splitlines()[-1])
    assert told["rows"] == len(talks), told
    return told["seconds"]


def _install(python: Path, requirement: str) -> None:
    """Make an environment with a peer in it, once."""
    done = python.parent / "installed"
    if done.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", requirement], check=True)
    done.touch()
