"""Transcripts to a dataset through the openai client and a server that misbehaves."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.project import CHECKOUT, TestProject
from understudy.artifacts import read_parquet
from understudy.records import Row

KEY = "sk-planted-secret-0123456789abcdef"


@dataclass(frozen=True)
class Paid:
    """A local teacher and the settings that lead to it."""

    address: str
    log: Path

    def settings(self, channel: str, *more: str) -> tuple[str, ...]:
        return (
            f"channel.name={channel}",
            "teacher.kind=openai",
            f"teacher.base_url={self.address}",
            "teacher.model=gpt-5-mini",
            "teacher.retry_delay_s=0.05",
            *more,
        )

    def completed(self) -> int:
        """Calls that the server finished, by its own count."""
        if not self.log.exists():
            return 0
        return sum(1 for line in self.log.read_text().splitlines() if line.strip())


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paid]:
    log = tmp_path_factory.mktemp("teacher") / "calls.jsonl"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.support.openai_server", "--key", KEY),
            *("--log", str(log), "--faults", "0.2", "--seed", "7"),
        ],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    try:
        yield Paid(address, log)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def build(project: TestProject, paid: Paid, channel: str, *more: str):
    return project.run(
        "build-dataset",
        "--config",
        "config/demo.yaml",
        settings=paid.settings(channel, *more),
        env={"OPENAI_API_KEY": KEY},
    )


def collect(project: TestProject, channel: str, folder: str) -> None:
    done = project.run(
        "collect",
        "--config",
        "config/demo.yaml",
        settings=(f"channel.name={channel}", f"source.folder={folder}"),
    )
    assert done.status == 0, done.said


def rows_of(project: TestProject, channel: str) -> list[Row]:
    folders = sorted((project.data(channel) / "dataset").iterdir(), key=lambda p: p.stat().st_mtime)
    return read_parquet(folders[-1] / "rows.parquet", Row)


def test_a_faulty_teacher_still_makes_a_dataset_and_a_new_video_costs_only_itself(
    project: TestProject, paid: Paid
) -> None:
    talks = sorted((project.root / "data" / "sample").glob("*.json"))
    folder = project.root / "data" / "talks"
    folder.mkdir(exist_ok=True)
    for talk in talks[:7]:
        shutil.copy2(talk, folder)
    collect(project, "paid", "data/talks")

    first = build(project, paid, "paid")
    after_first = paid.completed()
    again = build(project, paid, "paid", "train.learning_rate=5e-4")
    after_again = paid.completed()
    shutil.copy2(talks[-1], folder)
    collect(project, "paid", "data/talks")
    grown = build(project, paid, "paid")

    assert first.status == 0, first.said
    assert again.status == 0, again.said
    assert grown.status == 0, grown.said
    assert after_first > 0
    assert after_again == after_first, "changing the learning rate asked the teacher again"
    assert 0 < paid.completed() - after_again <= 12, "a new video cost more than itself"
    assert {row.generator for row in rows_of(project, "paid")} == {"gpt-5-mini"}


def test_the_key_is_in_nothing_that_was_written(project: TestProject, paid: Paid) -> None:
    if not project.data("paid").exists():
        pytest.skip("the dataset of the test above is missing")
    files = [path for path in project.root.rglob("*") if path.is_file()]

    holding = [path for path in files if KEY.encode() in path.read_bytes()]

    assert len(files) > 50
    assert holding == []


def test_a_paid_teacher_without_a_key_is_refused_before_anything_is_asked(
    project: TestProject, paid: Paid
) -> None:
    if not project.data("paid").exists():
        collect(project, "paid", "data/sample")

    done = project.run(
        "build-dataset",
        "--config",
        "config/demo.yaml",
        settings=("channel.name=paid", "teacher.kind=openai", "teacher.model=gpt-5-mini"),
        env={"OPENAI_API_KEY": ""},
    )

    assert done.status != 0
    assert "OPENAI_API_KEY" in done.err
    assert "Traceback" not in done.said


def test_every_completed_call_is_in_the_ledger(project: TestProject, paid: Paid) -> None:
    ledger = project.root / "data" / "ledger.jsonl"
    if not ledger.exists():
        pytest.skip("no call was made")

    lines = [json.loads(line) for line in ledger.read_text().splitlines() if line.strip()]

    # The ledger is the project's: other tests' channels have their calls in it too.
    assert sum(line["channel"] == "paid" for line in lines) == paid.completed()
