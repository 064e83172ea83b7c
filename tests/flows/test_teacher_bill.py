"""A run at a paid teacher ends with its bill, also where the budget ends it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from flows.home import environment
from flows.server import running_server
from tests.support.project import CHECKOUT, Ran, TestProject
from understudy.artifacts import read_record
from understudy.teacher.bill import Bill
from understudy.teacher.ledger import read_entries

CHANNEL = "billed"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.openai_server", "--latency", "0.05"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def run(project: TestProject, address: str, command: str, *more: str) -> Ran:
    return project.run(
        command,
        "--config",
        "config/demo.yaml",
        settings=(
            f"channel.name={CHANNEL}",
            "teacher.kind=openai",
            f"teacher.base_url={address}",
            "teacher.model=gpt-5-mini",
            "teacher.max_output_tokens=2000",
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
    path: Path = project.root / "data" / "ledger.jsonl"
    return sum(one.cost_usd or 0 for one in read_entries(path) if one.channel == CHANNEL)


def test_a_run_stops_at_its_budget_with_a_bill_and_goes_on_when_it_is_raised(
    project: TestProject, address: str
) -> None:
    collected = run(project, address, "collect")
    quoted = run(project, address, "quote")
    stopped = run(project, address, "build-dataset", "teacher.budget_usd=0.02")
    after_stop = spent(project)
    first = read_record(project.data(CHANNEL) / "teacher_bill.json", Bill)
    finished = run(project, address, "build-dataset", "teacher.budget_usd=5")
    second = read_record(project.data(CHANNEL) / "teacher_bill.json", Bill)
    afterwards = run(project, address, "quote")
    again = run(project, address, "build-dataset", "teacher.budget_usd=5")

    assert collected.status == 0, collected.said
    planned = int(re.search(r"^ ?both +(\d+) ", quoted.out, re.MULTILINE).group(1))
    assert planned == 2 * len(list((project.root / "data" / "sample").glob("*.json")))
    assert stopped.status == 1
    assert "in teacher.budget_usd are spent: raise it and run again" in stopped.err
    assert 0 < after_stop <= 0.02
    assert first.spent_usd == pytest.approx(after_stop, abs=1e-6)
    assert first.quote.calls == planned

    assert finished.status == 0, finished.said
    assert ", quoted $0.0" in finished.out
    assert second.spent_usd == pytest.approx(spent(project), abs=1e-6)
    assert second.cost_usd == pytest.approx(spent(project) - after_stop, abs=1e-6)
    assert 0 < second.quote.calls < planned
    assert "Nothing is left to ask" in afterwards.out

    assert again.status == 0, again.said
    assert read_record(project.data(CHANNEL) / "teacher_bill.json", Bill) == second
    shown = artifacts(project, "teacher-bill")
    assert [row["pass"] for row in shown[-1]] == [*(one.name for one in second.passes), "all"]
    assert shown[-1][-1]["calls"] == second.calls
    assert 0 < artifacts(project, "teacher")[-1] <= 100
