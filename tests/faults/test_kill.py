"""Kill -9 in the middle of the line, start again: the same dataset, byte for byte."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.support.project import QUICK, TestProject, make_project, serving

KILLS = 6
COMMAND = ("pipeline", "--config", "config/demo.yaml")


def dataset(project: TestProject) -> dict[str, bytes]:
    """Every file of the channel's only dataset."""
    (folder,) = (project.data("demo") / "dataset").iterdir()
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.timeout(400)
def test_a_killed_line_ends_in_the_same_dataset(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    draw = random.Random(20261122)
    with serving(project):
        started = time.monotonic()
        whole = project.run(*COMMAND, settings=QUICK)
        duration = time.monotonic() - started
        expected = dataset(project)
        shutil.rmtree(project.data("demo"))
        shutil.rmtree(project.root / "models" / "demo")
        killed = 0
        for moment in sorted(draw.uniform(0.25, 0.9) for _ in range(KILLS)):
            process = project.start(*COMMAND, settings=QUICK)
            time.sleep(moment * duration)
            killed += process.poll() is None
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        last = project.run(*COMMAND, settings=QUICK)

    assert whole.status == 0, whole.said
    assert last.status == 0, last.said
    assert killed >= KILLS // 2, "most kills must hit a running command"
    assert dataset(project) == expected
