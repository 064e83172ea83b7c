"""The real mlx_lm.server as a teacher. The sample's base is none: what counts is the protocol."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.teachers import make_settings, make_transcript, make_workspace, two_passes
from understudy.artifacts import read_json
from understudy.errors import TeacherSetupError
from understudy.records import Question
from understudy.teacher.money.ledger import read_entries
from understudy.teacher.opening import open_openai_teacher

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.campaign, pytest.mark.anyio, pytest.mark.timeout(300)]
SMALL = {"model": "default_model", "max_output_tokens": 40, "timeout_s": 120}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlx_lm", "server", "--port", str(port)]
    model = ["--model", str(ROOT / "models" / "sample-base"), "--log-level", "ERROR"]
    with subprocess.Popen([*command, *model], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/health") as reply:
                if reply.status == 200:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
        process.terminate()


async def test_everything_ends_answered_or_dropped_with_a_reason_and_its_raw_reply(
    tmp_path: Path, address: str
) -> None:
    settings, workspace = make_settings(address, {"teacher": SMALL}), make_workspace(tmp_path)
    talk = make_transcript(words=150)
    asked = [
        Question(id=f"talk01:q{n:02d}", video_id="talk01", question=question, generator="t")
        for n, question in enumerate(("Why do bees dance?", "What does a queen eat?"), start=1)
    ]
    async with open_openai_teacher(settings, workspace) as teacher:
        bench = type("Bench", (), {"teacher": teacher, "settings": settings})
        _, _, dropped = await two_passes(bench, talk, 3)
        answers = await teacher.write_answers(talk, asked)
        counts = teacher.engine.counts

    assert {one.reason for one in dropped} <= {"not_json", "schema", "length", "missing"}
    assert len(answers.drafts) + len(answers.dropped) == 2
    rows = list(read_entries(workspace.ledger))
    assert len(rows) == counts.calls > 3
    assert all(row.usage.prompt > 100 and row.usage.completion > 0 for row in rows)
    assert sum(row.usage.cached for row in rows) > 1000
    kept = [read_json(path) for path in (workspace.data / "quarantine").iterdir()]
    assert counts.quarantined >= len(kept) > 0
    assert all(one["reply"] and one["reason"] for one in kept)


async def test_a_model_that_it_has_not_is_said_in_a_sentence(tmp_path: Path, address: str) -> None:
    settings = make_settings(address, {"teacher": {**SMALL, "model": "nobody/nothing"}})
    async with open_openai_teacher(settings, make_workspace(tmp_path)) as teacher:
        with pytest.raises(TeacherSetupError, match="knows no model 'nobody/nothing'"):
            await teacher.write_questions(make_transcript(words=150), count=1)
