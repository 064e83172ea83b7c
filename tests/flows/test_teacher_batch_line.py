"""The real command with `teacher.mode: batch`, and what it has paid for afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.commands import shelve
from tests.support.model_server import model_server, state_of
from tests.support.project import Ran, TestProject
from tests.support.shell import Shell
from tests.support.teachers import make_transcript
from understudy.artifacts import read_record
from understudy.teacher.money.bill import Bill
from understudy.teacher.money.ledger import Entry, read_entries

CHANNEL, TALKS = "batched", 4


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with model_server() as started:
        yield started


@dataclass(frozen=True)
class Step:
    """A run, and what the provider had completed when it ended."""

    ran: Ran
    completed: int
    dataset: dict[str, bytes]


@pytest.fixture(scope="module")
def story(project: TestProject, shell: Shell, address: str) -> dict[str, Step]:
    """A dataset is made by batch jobs, then live by a channel that has lost what it had made."""
    talks = [make_transcript(f"talk-{number}", words=200) for number in range(TALKS)]
    data = project.data(CHANNEL)

    def build(*more: str) -> Step:
        settings = (
            f"channel.name={CHANNEL}",
            "teacher.kind=openai",
            f"teacher.base_url={address}",
            "teacher.model=gpt-5-mini",
            "teacher.batch.poll_s=0.05",
            "teacher.batch.gather_s=0.2",
            *more,
        )
        ran = shell.run("build-dataset", "--config", "config/demo.yaml", settings=settings)
        folders = sorted((data / "dataset").glob("*/*"))
        files = {path.name: path.read_bytes() for path in folders if path.is_file()}
        return Step(ran, state_of(address)["completed"], files)

    shelve(project.root, talks, CHANNEL)
    batch = build("teacher.mode=batch")
    for made in ("questions", "answers"):
        shutil.rmtree(data / made)
    return {"batch": batch, "live": build("teacher.mode=live")}


def entries_of(project: TestProject) -> list[Entry]:
    found = read_entries(project.root / "data" / "ledger.jsonl")
    return [entry for entry in found if entry.channel == CHANNEL]


def test_both_passes_are_made_by_batch_jobs(project: TestProject, story: dict[str, Step]) -> None:
    first, entries = story["batch"], entries_of(project)

    assert first.ran.status == 0, first.ran.said
    assert len(entries) == first.completed >= 2 * TALKS
    assert {entry.kind for entry in entries} == {"questions", "answers"}
    assert all(entry.batch.startswith("batch_") for entry in entries)
    jobs = list((project.root / "data" / "batches").glob("*.json"))
    assert len(jobs) == len({entry.batch for entry in entries})


def test_a_second_run_in_the_other_mode_asks_and_pays_nothing(
    project: TestProject, story: dict[str, Step]
) -> None:
    live = story["live"]

    assert live.ran.status == 0, live.ran.said
    assert live.completed == story["batch"].completed
    assert live.dataset == story["batch"].dataset
    bill = read_record(project.data(CHANNEL) / "teacher_bill.json", Bill)
    assert (bill.calls, bill.cost_usd) == (0, 0.0)
