"""A lock keeps other processes out for exactly as long as its holder lives."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from understudy.errors import BusyError, WriteError
from understudy.locking import exclusive

HOLD = """
import sys
from pathlib import Path
from understudy.locking import exclusive
with exclusive(Path(sys.argv[1]), what="the channel demo"):
    print("held", flush=True)
    sys.stdin.readline()
print("released", flush=True)
sys.stdin.readline()
"""


@contextmanager
def holder(path):
    """Another process that holds the lock until it is told to let go."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def tell(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline()


def test_a_full_disk_keeps_the_name_of_the_holder_and_not_the_lock(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)

    with exclusive(tmp_path / ".lock", what="the channel demo"):
        assert (tmp_path / ".lock").read_text() == ""


def test_a_second_process_is_told_who_holds_the_lock(tmp_path):
    path = tmp_path / ".lock"

    with (
        holder(path) as process,
        pytest.raises(BusyError, match=rf"the channel demo is in use by process {process.pid}:"),
        exclusive(path, what="the channel demo"),
    ):
        pytest.fail("two holders")


def test_the_lock_is_free_once_its_holder_lets_go(tmp_path):
    path = tmp_path / ".lock"

    with holder(path) as process:
        assert tell(process) == "released\n"
        with exclusive(path, what="the channel demo"):
            held_by = path.read_text(encoding="ascii")

    assert held_by == f"{os.getpid()}\n"


def test_the_lock_is_free_once_its_holder_is_killed(tmp_path):
    path = tmp_path / ".lock"

    with holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        with exclusive(path, what="the channel demo"):
            held_by = path.read_text(encoding="ascii")

    assert held_by == f"{os.getpid()}\n"


def test_a_holder_may_enter_again_and_still_keeps_others_out(tmp_path):
    path = tmp_path / ".lock"

    with exclusive(path, what="the channel demo"):
        with exclusive(path, what="the channel demo"):
            pass
        refused = subprocess.run(
            [sys.executable, "-c", HOLD, str(path)],
            input="\n\n",
            capture_output=True,
            text=True,
            check=False,
        )

    assert f"in use by process {os.getpid()}" in refused.stderr
    assert "held" not in refused.stdout


def test_two_runs_beside_each_other_in_one_process_keep_each_other_out(tmp_path):
    path = tmp_path / ".lock"

    async def run(begun, others_turn):
        with exclusive(path, what="the channel demo"):
            begun.set()
            await others_turn.wait()

    async def both():
        begun, done = asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(run(begun, done))
        await begun.wait()
        try:
            with pytest.raises(BusyError, match=f"in use by process {os.getpid()}"):
                await asyncio.create_task(run(asyncio.Event(), done))
        finally:
            done.set()
            await first

    asyncio.run(both())
    with holder(path):
        pass


def test_a_flow_begun_by_the_holder_may_enter(tmp_path):
    path = tmp_path / ".lock"

    async def inner():
        with exclusive(path, what="the channel demo"):
            return True

    async def outer():
        with exclusive(path, what="the channel demo"):
            return await asyncio.create_task(inner()) and await inner()

    assert asyncio.run(outer())


def test_an_error_inside_gives_the_lock_back(tmp_path):
    path = tmp_path / ".lock"

    with pytest.raises(ZeroDivisionError), exclusive(path, what="the channel demo"):
        raise ZeroDivisionError

    with holder(path):
        pass


def test_different_files_are_different_locks(tmp_path):
    with holder(tmp_path / "a.lock"), exclusive(tmp_path / "b.lock", what="the channel b"):
        pass


def test_a_lock_that_cannot_be_made_names_its_file(tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be", encoding="utf-8")

    with (
        pytest.raises(WriteError, match=r"data/\.lock"),
        exclusive(tmp_path / "data" / ".lock", what="the channel demo"),
    ):
        pytest.fail("a lock in no folder")
