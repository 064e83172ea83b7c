"""A project of its own for tests that run the real command against a real Prefect server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.server import announced, start_server, stop

CHECKOUT = Path(__file__).resolve().parents[2]
_COPIED = ("flows", "tasks", "config", "prefect.yaml", "models/sample-base")
_TALKS = 12
"""Of the sample's 22: enough for three parts, and every stage takes half the time."""

QUICK = (
    "train.epochs=0.5",
    "train.eval_every=4",
    "train.report_every=2",
    "evaluate.max_questions=6",
    "evaluate.max_tokens=40",
    "evaluate.arms=[prompted]",
    "evaluate.general_questions=8",
    "evaluate.general_answers=4",
    "evaluate.resamples=500",
)
"""Overrides under which the sample's line takes seconds and every stage still does its work."""


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class TestProject:
    """A copy of the checkout's code and sample, with data of its own."""

    __test__ = False
    root: Path

    def run(
        self,
        *arguments: str,
        settings: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
        limit_s: float = 200,
    ) -> Ran:
        """Run `understudy` with these arguments and wait for its end."""
        done = subprocess.run(
            self.command(*arguments, settings=settings),
            cwd=self.root,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(
        self,
        *arguments: str,
        settings: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start `understudy` in a process group of its own, to be killed."""
        return subprocess.Popen(
            self.command(*arguments, settings=settings),
            cwd=self.root,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def command(self, *arguments: str, settings: tuple[str, ...] = ()) -> list[str]:
        changes = [part for one in settings for part in ("--set", one)]
        return [sys.executable, "-m", "understudy", *arguments, *changes]

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PREFECT_", "UNDERSTUDY_", "PYTHONDONTWRITEBYTECODE"))
        }
        return {**kept, **(extra or {})}

    def data(self, channel: str) -> Path:
        return self.root / "data" / channel


def make_project(folder: Path, talks: int | None = _TALKS) -> TestProject:
    """Copy what a checkout needs to run.

    Args:
        talks: So many of the sample; None: all.
    """
    for name in _COPIED:
        source, target = CHECKOUT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    sample = folder / "data" / "sample"
    sample.mkdir(parents=True)
    for talk in sorted((CHECKOUT / "data" / "sample").glob("*.json"))[:talks]:
        shutil.copy2(talk, sample)
    return TestProject(folder)


@contextmanager
def serving(project: TestProject) -> Iterator[str]:
    """Keep one server up for many commands, as `understudy ui` does."""
    process, url = start_server(project.root)
    try:
        with announced(project.root, url):
            yield url
    finally:
        stop(process)
