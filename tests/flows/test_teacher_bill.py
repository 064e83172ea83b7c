"""A run at a paid teacher ends with its bill, also where the budget ends it."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest

from flows.home import environment
from flows.server import running_server
from tests.support.commands import shelve
from tests.support.model_server import model_server
from tests.support.project import Ran, TestProject
from tests.support.shell import Shell
from tests.support.teachers import make_transcript
from understudy.artifacts import read_record
from understudy.teacher.money.bill import Bill
from understudy.teacher.money.ledger import spent as total

CHANNEL, TALKS = "billed", 6


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with model_server("--latency", 0.05) as started:
        yield started


def run(shell: Shell, address: str, command: str, *more: str) -> Ran:
    return shell.run(
        command,
        "--config",
        "config/demo.yaml",
        settings=(
            f"channel.name={CHANNEL}",
            "teacher.kind=openai",
            f"teacher.base_url={address}",
            "teacher.model=gpt-5-mini",
            "teacher.max_output_tokens=1000",
            *more,
        ),
    )


def artifacts(project: TestProject, key: str) -> list[Any]:
    """What the UI shows under a key, oldest first."""
    url = running_server(project.root)
    auth = environment(project.root)["PREFECT_API_AUTH_STRING"]
    headers = {
        "Authorization": "Basic " + b64encode(auth.encode()).decode(),
        "Content-Type": "application/json",
    }
    client = "bill-test"
    token = Request(f"{url}/csrf-token?client={client}", headers=headers)
    with urlopen(token) as reply:
        headers |= {"Prefect-Csrf-Token": json.load(reply)["token"], "Prefect-Csrf-Client": client}
    wanted = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC"}
    body = json.dumps(wanted).encode()
    with urlopen(Request(f"{url}/artifacts/filter", body, headers)) as reply:
        found = json.load(reply)
    shown = [one["data"] for one in reversed(found)]
    return [json.loads(one) if isinstance(one, str) else one for one in shown]


def spent(project: TestProject) -> float:
    return total(project.root / "data" / "ledger.jsonl", CHANNEL)


def bill_of(project: TestProject) -> Bill:
    return read_record(project.data(CHANNEL) / "teacher_bill.json", Bill)


def dataset(project: TestProject) -> dict[str, bytes]:
    """Every file of the channel's only dataset."""
    (folder,) = (project.data(CHANNEL) / "dataset").iterdir()
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@dataclass(frozen=True)
class Story:
    """A run that stops at a third of its quote, and goes on when the cap is raised."""

    quoted: Ran
    cap: float
    stopped: Ran
    stopped_bill: Bill
    stopped_spent: float
    finished: Ran
    finished_bill: Bill
    finished_spent: float
    afterwards: Ran
    resumed: dict[str, bytes]


@pytest.fixture(scope="module")
def story(project: TestProject, shell: Shell, address: str) -> Story:
    start_over(project)
    quoted = run(shell, address, "quote")
    cap = round(float(re.search(r"\$(\d+\.\d+)", last_line(quoted)).group(1)) / 3, 4)
    stopped = run(shell, address, "build-dataset", f"teacher.budget_usd={cap}")
    stopped_bill, stopped_spent = bill_of(project), spent(project)
    finished = run(shell, address, "build-dataset", "teacher.budget_usd=5")
    return Story(
        quoted,
        cap,
        stopped,
        stopped_bill,
        stopped_spent,
        finished,
        bill_of(project),
        spent(project),
        run(shell, address, "quote"),
        dataset(project),
    )


def last_line(quoted: Ran) -> str:
    """The quote's line for both passes."""
    return re.search(r"^ ?both .*$", quoted.out, re.MULTILINE).group()


def start_over(project: TestProject) -> None:
    """The channel as it is before anything was asked, and a ledger without a call."""
    shutil.rmtree(project.data(CHANNEL), ignore_errors=True)
    (project.root / "data" / "ledger.jsonl").unlink(missing_ok=True)
    talks = [make_transcript(f"talk-{number}", words=400) for number in range(TALKS)]
    shelve(project.root, talks, CHANNEL)


def test_a_run_stops_before_its_budget_and_says_what_to_do(story: Story) -> None:
    assert story.stopped.status == 1
    assert "in teacher.budget_usd are spent: raise it and run again" in story.stopped.err
    assert 0 < story.stopped_spent <= story.cap
    assert story.stopped_bill.spent_usd == pytest.approx(story.stopped_spent, abs=1e-6)
    assert story.stopped_bill.quote.calls == 2 * TALKS == int(last_line(story.quoted).split()[1])


def test_it_goes_on_when_the_cap_is_raised_and_bills_what_it_paid(story: Story) -> None:
    assert story.finished.status == 0, story.finished.said
    assert ", quoted $0.0" in story.finished.out
    assert 0 < story.finished_bill.quote.calls < story.stopped_bill.quote.calls
    assert story.finished_bill.spent_usd == pytest.approx(story.finished_spent, abs=1e-6)
    assert story.finished_bill.cost_usd == pytest.approx(
        story.finished_spent - story.stopped_spent, abs=1e-6
    )
    assert "Nothing is left to ask" in story.afterwards.out


def test_the_bill_is_in_the_ui_as_well(project: TestProject, story: Story) -> None:
    bill, shown = story.finished_bill, artifacts(project, "teacher-bill")

    assert [row["pass"] for row in shown[-1]] == [*(one.name for one in bill.passes), "all"]
    assert shown[-1][-1]["calls"] == bill.calls
    assert 0 < artifacts(project, "teacher")[-1] <= 100


def test_a_run_that_never_stopped_makes_the_same_dataset(
    project: TestProject, shell: Shell, address: str, story: Story
) -> None:
    start_over(project)

    whole = run(shell, address, "build-dataset")

    assert whole.status == 0, whole.said
    assert dataset(project) == story.resumed
