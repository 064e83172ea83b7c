"""No secret is in anything that a whole line writes, and no text of others in what Prefect renders.

Every secret of the environment is planted, the real command runs everything from talks to a verdict
against a teacher that fails and repeats the key, once more with a key that is refused, and once with a
fault in the code. Then every byte that was written or said is searched.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.browser import PAYLOADS
from tests.support.model_server import model_server
from tests.support.project import QUICK, Ran, TestProject, make_project

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1200)]

SECRETS = {
    "OPENAI_API_KEY": "sk-planted-0123456789abcdefghijklmnop",
    "HF_TOKEN": "hf_planted0123456789abcdefghijklmnop",
    "UNDERSTUDY_PROXY_URL": "http://somebody:planted-proxy-0123456789@127.0.0.1:9",
    "WEBSHARE_PROXY_PASSWORD": "planted-webshare-0123456789",
}
REFUSED = "sk-refused-9876543210zyxwvutsrqponm"
MARK = "window.ran"
"""In each of the texts that are planted in titles and talks."""


@dataclass(frozen=True)
class Written:
    """What is left after everything."""

    project: TestProject
    home: Path
    runs: dict[str, Ran]

    def files(self) -> list[Path]:
        folders = (self.project.root, self.home)
        return [path for one in folders for path in one.rglob("*") if path.is_file()]


def forms(secret: str) -> dict[str, bytes]:
    """A secret as programs pass it on."""
    told = secret.rpartition("@")[0].rpartition(":")[2] if "@" in secret else secret
    return {
        "plain": told.encode(),
        "quoted": quote(told, safe="").encode(),
        "base64": base64.b64encode(told.encode()).rstrip(b"="),
        "basic": base64.b64encode(f"somebody:{told}".encode()).rstrip(b"="),
        "json": json.dumps(told)[1:-1].encode(),
    }


def plant(project: TestProject) -> None:
    """Put hostile text into titles and talks, and a fault into a copy of the code."""
    talks = sorted((project.root / "data" / "sample").glob("*.json"))
    for path, payload in zip(talks, PAYLOADS, strict=False):
        talk = json.loads(path.read_text(encoding="utf-8"))
        talk["title"] = f"{payload} {MARK}"
        talk["segments"][3]["text"] += f" {payload} {MARK}"
        path.write_text(json.dumps(talk), encoding="utf-8")


def broken(project: TestProject) -> None:
    path = project.root / "tasks" / "rows.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("    made_of = ", "    1 / 0\n    made_of = ", 1), encoding="utf-8"
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    home = tmp_path_factory.mktemp("home")
    project = make_project(tmp_path_factory.mktemp("secrets"))
    plant(project)
    env = {**SECRETS, "HOME": str(home)}
    with model_server("--key", SECRETS["OPENAI_API_KEY"], "--faults", 0.3, "--seed", 3) as address:
        paid = (
            *QUICK,
            "teacher.kind=openai",
            "teacher.model=gpt-5-mini",
            f"teacher.base_url={address}",
            "teacher.retry_delay_s=0.02",
            "teacher.max_retries=6",
            "teacher.max_repairs=0",  # what is no JSON goes to the quarantine
            "augment.by=teacher",
            "augment.model=gpt-5-mini",
            "floors.questions=0",
            "floors.answers=0",
        )

        def run(name: str, *arguments: str, also: str = "", **more: str) -> Ran:
            named = (*paid, f"channel.name={name}", *filter(None, [also]))
            return project.run(
                *arguments, "--config", "config/demo.yaml", settings=named,
                env={**env, **more}, limit_s=500,
            )  # fmt: skip

        runs = {"whole": run("whole", "pipeline", "--verbose")}
        runs["online"] = run("whole", "doctor", "--online")
        unpaid = "teacher.temperature=0.5"  # calls that the ledger does not hold
        runs["refused"] = run(
            "refused", "pipeline", "--verbose", also=unpaid, OPENAI_API_KEY=REFUSED
        )
        broken(project)
        runs["broken"] = run("broken", "pipeline", "--verbose")
    return Written(project, home, runs)


def test_every_run_ended_as_it_should(written: Written) -> None:
    runs = written.runs

    assert runs["whole"].status == 0, runs["whole"].said
    assert runs["refused"].status == 1
    assert "refused the key in OPENAI_API_KEY (401)" in runs["refused"].err
    assert runs["broken"].status == 70
    assert "ZeroDivisionError" in (written.project.root / "logs" / "crash.log").read_text()


def test_everything_that_could_hold_a_secret_was_written(written: Written) -> None:
    names = {path.name for path in written.files()}

    assert names >= {
        "ledger.jsonl", "run_metadata.json", "report.html", "dataset.html", "settings.yaml",
        "crash.log", "server.log", "prefect.db", "teacher_bill.json", "manifest.json",
    }  # fmt: skip
    assert list((written.project.data("whole") / "quarantine").iterdir())


@pytest.mark.parametrize("name", [*SECRETS, "refused"])
def test_no_file_and_no_word_in_the_terminal_holds_a_secret(written: Written, name: str) -> None:
    wanted = forms(SECRETS.get(name, REFUSED))

    holding = [
        f"{path.name}: {form}"
        for path in written.files()
        for form, text in wanted.items()
        if text in path.read_bytes()
    ]
    said = [
        f"{run}: {form}"
        for run, ran in written.runs.items()
        for form, text in wanted.items()
        if text in ran.said.encode()
    ]

    assert (holding, said) == ([], [])


def cells(path: Path) -> Iterator[tuple[str, str]]:
    """(table and column, text) of every cell: a text may be torn between two pages of the file."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        tables = [
            row[0] for row in base.execute("select name from sqlite_master where type='table'")
        ]
        for table in tables:
            found = base.execute(f'select * from "{table}"')
            names = [column[0] for column in found.description]
            for row in found:
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, str | bytes):
                        text = value if isinstance(value, str) else value.decode("utf-8", "replace")
                        yield f"{table}.{name}", text


def test_no_cell_of_prefect_s_database_holds_a_secret(written: Written) -> None:
    plain = [forms(secret)["plain"].decode() for secret in (*SECRETS.values(), REFUSED)]
    found = list(cells(written.project.root / ".prefect" / "prefect.db"))

    assert len(found) > 1000
    assert {where for where, text in found for one in plain if one in text} == set()


def test_no_text_of_a_title_or_a_talk_is_in_what_prefect_renders(written: Written) -> None:
    """Artifacts are Markdown that it renders, with links and images."""
    found = list(cells(written.project.root / ".prefect" / "prefect.db"))
    artifacts = [(where, text) for where, text in found if where.startswith("artifact")]

    assert any("LEARNED" in text or "loss" in text for _, text in artifacts)
    assert {where for where, text in artifacts if MARK in text} == set()


def test_the_texts_did_go_through_the_line(written: Written) -> None:
    """Otherwise the test above would prove nothing."""
    (page,) = (written.project.data("whole") / "dataset").glob("*/dataset.html")

    assert MARK in page.read_text(encoding="utf-8")
