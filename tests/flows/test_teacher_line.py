"""Transcripts to a dataset through the openai client and a server that misbehaves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.commands import shelve
from tests.support.model_server import model_server
from tests.support.project import Ran, TestProject
from tests.support.shell import Shell
from tests.support.teachers import make_transcript
from understudy.artifacts import read_parquet
from understudy.records import Row
from understudy.teacher.money.ledger import Entry, read_entries

CHANNEL, TALKS = "paid", 4
KEY = "sk-planted-secret-0123456789abcdef"
DEMO = ("--config", "config/demo.yaml")


@dataclass(frozen=True)
class Paid:
    """A local teacher and the settings that lead to it."""

    address: str
    log: Path

    def build(self, shell: Shell, *more: str) -> Ran:
        settings = (
            f"channel.name={CHANNEL}",
            "teacher.kind=openai",
            f"teacher.base_url={self.address}",
            "teacher.model=gpt-5-mini",
            "teacher.retry_delay_s=0.02",
            "teacher.max_retries=6",
            *more,
        )
        return shell.run("build-dataset", *DEMO, settings=settings, env={"OPENAI_API_KEY": KEY})

    def completed(self) -> Counter[str]:
        """Calls of each pass that the server finished, by its own count."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return Counter("answers" if json.loads(line)["item"] else "questions" for line in lines)


@dataclass(frozen=True)
class Step:
    """What the server had completed and the ledger held at the end of a run."""

    completed: Counter[str]
    entries: list[Entry]


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paid]:
    log = tmp_path_factory.mktemp("teacher") / "calls.jsonl"
    rules = ("--faults", 0.2, "--slow", 0.1, "--seed", 7)
    with model_server("--key", KEY, "--log", log, *rules) as address:
        yield Paid(address, log)


@pytest.fixture(scope="module")
def story(project: TestProject, shell: Shell, paid: Paid) -> dict[str, Step]:
    """A channel is built, then again after a change."""
    talks = [make_transcript(f"talk-{number}", words=300) for number in range(TALKS + 1)]
    prompt = (project.root / "config" / "prompts" / "answers.md").read_text()
    (project.root / "config" / "prompts" / "brief.md").write_text(f"{prompt}\nBe brief.\n")
    steps: dict[str, Step] = {}

    def build(name: str, *more: str) -> None:
        ran = paid.build(shell, *more)
        assert ran.status == 0, ran.said
        steps[name] = Step(paid.completed(), entries_of(project))

    shelve(project.root, talks[:TALKS], CHANNEL)
    build("first")
    shelve(project.root, talks, CHANNEL)
    build("new video", "train.learning_rate=5e-4")
    build("answers prompt", "answers.prompt=config/prompts/brief.md")
    return steps


def entries_of(project: TestProject) -> list[Entry]:
    """The channel's calls: the ledger is the project's, and other tests' are in it too."""
    found = read_entries(project.root / "data" / "ledger.jsonl")
    return [entry for entry in found if entry.channel == CHANNEL]


def test_a_faulty_teacher_still_makes_a_dataset(
    project: TestProject, story: dict[str, Step]
) -> None:
    newest = max((project.data(CHANNEL) / "dataset").iterdir(), key=lambda at: at.stat().st_mtime)
    rows = read_parquet(newest / "rows.parquet", Row)

    assert story["first"].completed["answers"] >= TALKS
    assert {row.generator for row in rows} == {"gpt-5-mini"}
    assert {row.part for row in rows if row.status == "kept"} == {"train", "valid", "test"}


def test_a_new_video_and_another_learning_rate_cost_that_video_only(
    story: dict[str, Step],
) -> None:
    added = story["new video"].entries[len(story["first"].entries) :]

    assert {entry.item_id.partition(":")[0] for entry in added} == {f"talk-{TALKS}"}
    assert {entry.kind for entry in added} == {"questions", "answers"}


def test_another_answers_prompt_pays_for_the_second_pass_alone(story: dict[str, Step]) -> None:
    added = story["answers prompt"].completed - story["new video"].completed

    assert added["questions"] == 0
    assert added["answers"] > TALKS


def test_the_key_is_in_nothing_that_was_written(
    project: TestProject, story: dict[str, Step]
) -> None:
    files = [path for path in project.root.rglob("*") if path.is_file()]

    assert len(files) > 50
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_every_completed_call_is_in_the_ledger(story: dict[str, Step]) -> None:
    for step in story.values():
        assert Counter(entry.kind for entry in step.entries) == step.completed


def test_a_paid_teacher_without_a_key_is_refused_before_anything_is_asked(
    shell: Shell, paid: Paid, story: dict[str, Step]
) -> None:
    before = paid.completed()

    done = shell.run(
        "build-dataset",
        *DEMO,
        settings=(f"channel.name={CHANNEL}", "teacher.kind=openai", "teacher.model=gpt-5-mini"),
        env={"OPENAI_API_KEY": ""},
    )

    assert done.status != 0
    assert "OPENAI_API_KEY" in done.err
    assert "Traceback" not in done.said
    assert paid.completed() == before
