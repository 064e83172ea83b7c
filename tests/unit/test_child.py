"""Children: what they say arrives, how they end is told, and none outlives its parent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from understudy.child import run_child
from understudy.errors import TrainingError

PROBE = "tests.support.child_probe"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _importable(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(root))


@pytest.mark.anyio
async def test_events_arrive_in_order_and_the_folder_is_left_clean(tmp_path):
    events: list[dict] = []

    await run_child(PROBE, {"given": "é", "count": 500}, folder=tmp_path, on_event=events.append)

    assert events[0]["given"] == "é"
    assert [event["number"] for event in events[1:]] == list(range(500))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"raise": "lower the rate"}, "^lower the rate$"),
        ({"crash": "boom"}, "exit status 1: RuntimeError: boom"),
        ({"kill": int(signal.SIGKILL)}, r"want of memory.*grad_checkpoint.*max_seq_length"),
        ({"kill": int(signal.SIGABRT)}, r"want of memory.*batch_size"),
        ({"kill": int(signal.SIGSEGV)}, "signal SIGSEGV"),
        ({"say": ""}, "could not write why, as on a full disk"),
        ({"say": "[METAL] Command buffer: Insufficient Memory"}, "want of memory"),
    ],
)
async def test_how_it_failed_is_one_readable_message(tmp_path, spec, message):
    with pytest.raises(TrainingError, match=message):
        await run_child(PROBE, spec, folder=tmp_path, on_event=lambda _: None)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.anyio
async def test_a_cancelled_child_saves_before_it_ends(tmp_path):
    saved = tmp_path / "saved"
    started = asyncio.Event()

    running = asyncio.create_task(
        run_child(
            PROBE,
            {"until_stopped": str(saved)},
            folder=tmp_path,
            on_event=lambda _: started.set(),
        )
    )
    await started.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert saved.read_text() == "saved"


@pytest.mark.anyio
async def test_a_child_waits_for_one_that_still_works_in_its_folder(tmp_path):
    said: list[str] = []
    started = asyncio.Event()

    def first_says(_event: dict) -> None:
        said.append("first")
        started.set()

    first = asyncio.create_task(
        run_child(
            PROBE, {"until_stopped": str(tmp_path / "saved")}, folder=tmp_path, on_event=first_says
        )
    )
    await started.wait()
    second = asyncio.create_task(
        run_child(PROBE, {"count": 1}, folder=tmp_path, on_event=lambda _: said.append("second"))
    )
    await asyncio.sleep(1.5)
    before = list(said)
    first.cancel()
    await second

    assert set(before) == {"first"}
    assert "second" in said
    with pytest.raises(asyncio.CancelledError):
        await first


def test_a_child_does_not_outlive_a_killed_parent(tmp_path):
    saved = tmp_path / "saved"
    script = (
        "import asyncio, json; from understudy.child import run_child; from pathlib import Path;"
        f"asyncio.run(run_child({PROBE!r}, {{'until_stopped': {str(saved)!r}}},"
        f"folder=Path({str(tmp_path)!r}), on_event=lambda e: print(json.dumps(e), flush=True)))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = json.loads(parent.stdout.readline())["pid"]

    parent.kill()
    parent.wait()

    wait_for(lambda: not alive(child))
    assert saved.read_text() == "saved"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or ") Z " not in status.read_text()


def wait_for(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
