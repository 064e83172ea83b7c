"""Kill -9 in the middle of the line, start again: the same dataset, byte for byte.

Training, evaluation and the paid teacher are killed in tests of their own:
tests/tasks/test_train.py, tests/mlx/test_evaluate.py, tests/faults/test_teacher_kill.py.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.project import TestProject, make_project, serving
from tests.support.shell import open_shell

CONFIG = ("--config", "config/demo.yaml")
MOMENTS = (("collect", 5), ("build-dataset", 18), ("build-dataset", 33), ("build-dataset", 41))
"""Command, and how many files of the channel are there when it is killed: among the transcripts,
the questions and answers, and the stages after them."""


def written(project: TestProject) -> int:
    folder = project.data("demo")
    return sum(path.is_file() and not path.name.startswith(".") for path in folder.rglob("*"))


def kill_at(project: TestProject, process: subprocess.Popen[bytes], files: int) -> bool:
    """Kill the command when so many files are there, and say whether it was still at work."""
    while process.poll() is None and written(project) < files:
        time.sleep(0.005)
    at_work = process.poll() is None
    if at_work:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return at_work


def dataset(project: TestProject) -> dict[str, bytes]:
    """Every file of the channel's only dataset."""
    (folder,) = (project.data("demo") / "dataset").iterdir()
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.timeout(400)
def test_a_killed_line_ends_in_the_same_dataset(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with serving(project), open_shell(project) as shell:
        whole = [shell.run(name, *CONFIG) for name in ("collect", "build-dataset")]
        expected = dataset(project)
        shutil.rmtree(project.data("demo"))
        killed: list[bool] = []
        for name, files in MOMENTS:
            killed.append(kill_at(project, project.start(name, *CONFIG), files))
            if name == "collect":
                assert shell.run("collect", *CONFIG).status == 0
        last = shell.run("build-dataset", *CONFIG)

    assert [one.status for one in (*whole, last)] == [0, 0, 0], last.said
    assert all(killed)
    assert dataset(project) == expected
