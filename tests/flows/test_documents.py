"""A reader who types every line of the README and of the tutorial gets what they promise."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.support.documents import commands
from tests.support.model_server import model_server
from tests.support.project import CHECKOUT, QUICK
from understudy.settings import load_settings, parse_assignments

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1200)]

LIMIT_S = 600
KEY = "sk-of-a-reader-0123456789"


@dataclass
class Reader:
    """Types one line after the other in a fresh checkout."""

    root: Path
    teacher: str
    """Address of a server that speaks OpenAI's API on this machine."""
    variables: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def type(self, line: str) -> None:
        """Run a line in the shell; an export stays for those after it."""
        if line.startswith("export "):
            name, _, _ = line.removeprefix("export ").partition("=")
            self.variables[name] = KEY
        elif line == "make ui":
            self.said[line] = self._until_it_is_up(line)
        else:
            done = self._run(line)
            assert done.returncode == 0, f"{line}\n{done.stdout}"
            self.said[line] = done.stdout
        if line.startswith("cp config/"):
            self._change_channel_and_source(self.root / line.split()[2])

    def _run(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"],
            cwd=self.root, env=self._environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        ours = ("PREFECT_", "UNDERSTUDY_", "PYTEST_", "OPENAI_", "HF_TOKEN")
        kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        home = {"HOME": str(self.root.parent / "home")}
        # `make test` collects the tests and runs none: this is one of them.
        return {**kept, **home, **self.variables, "PYTEST_ADDOPTS": "--collect-only -q -n0"}

    def _until_it_is_up(self, line: str) -> str:
        log = self.root.parent / "ui.log"
        with log.open("w") as stream:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {line}"], cwd=self.root, env=self._environment(),
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + LIMIT_S
        while "once per browser" not in log.read_text() and time.monotonic() < deadline:
            assert process.poll() is None, log.read_text()
            time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
        return log.read_text()

    def _change_channel_and_source(self, config: Path) -> None:
        """What the README's first step asks for; and nothing of it leaves the machine."""
        quick = parse_assignments(
            [
                *QUICK,
                "channel.name=my_channel",
                "teacher.kind=openai",
                "teacher.model=gpt-5-mini",
                f"teacher.base_url={self.teacher}",
                "teacher.retry_delay_s=0.01",
            ]
        )
        settings = load_settings(self.root / "config" / "demo.yaml", quick)
        config.write_text(yaml.safe_dump(settings.model_dump(mode="json")), encoding="utf-8")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A fresh checkout with the packages of this environment, and an empty home."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "home").mkdir()
    listed = subprocess.run(
        ["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        target = folder / "understudy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target)
    venv = folder / "understudy" / ".venv"
    venv.mkdir()
    for part in Path(sys.executable).parents[1].iterdir():
        if not part.name.startswith(".ready"):
            (venv / part.name).symlink_to(part)
    for mark in (".ready", ".ready-dev"):
        (venv / mark).touch()  # so that `make` has nothing to install
    with model_server("--key", KEY) as address:
        yield Reader(folder / "understudy", address)


def test_every_line_of_the_tutorial_works(reader: Reader) -> None:
    lines = commands("docs/TUTORIAL.md")

    for line in lines:
        reader.type(line)

    told = reader.said
    assert len(told) == len(set(lines)) >= 12
    assert "LEARNED" in told[".venv/bin/understudy evaluate --config config/demo.yaml"]
    chat = next(text for line, text in told.items() if "chat latest" in line)
    assert "base:" in chat
    assert "tuned:" in chat
    again = next(text for line, text in told.items() if "train.epochs=2" in line)
    before_training, _, _ = again.partition("\ntrain ")
    assert before_training.count("cached") == 10
    assert "(Ctrl-C ends it)" in told["make ui"]


def test_every_line_of_the_readme_works(reader: Reader) -> None:
    lines = commands("README.md")

    for line in lines:
        reader.type(line)

    told = reader.said
    assert len(set(lines)) >= 7
    assert "report: models/demo/" in told["make demo"]
    assert "tests collected" in told["make test"]
    pipeline = ".venv/bin/understudy pipeline --config config/my_channel.yaml"
    assert "report: models/my_channel/" in told[pipeline]
    assert re.search(r"teacher +\d+ calls", told[pipeline])
