"""The whole line on the embedded sample, by the real command against a real server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import commands, understudy_arguments
from tests.support.project import CHECKOUT, QUICK, Ran, TestProject
from tests.support.shell import Shell
from understudy.artifacts import read_parquet, read_record
from understudy.manifests import Manifest, Recipe, intact
from understudy.records import Row
from understudy.settings import explain

COMMITTED = {"sample", "sample-base"}
STAGES = (
    "videos", "transcripts", "questions", "answers", "rows", "dedup", "filter", "split",
    "augment", "dataset", "train", "evaluate",
)  # fmt: skip


@pytest.fixture(scope="module")
def line(project: TestProject) -> tuple[Ran, Ran]:
    """The sample's line, run twice."""
    first = project.run("pipeline", "--config", "config/demo.yaml", settings=QUICK)
    second = project.run("pipeline", "--config", "config/demo.yaml", settings=QUICK)
    return first, second


def stages(ran: Ran) -> dict[str, str]:
    """Stage to the line that tells of it."""
    lines = (line for line in ran.out.splitlines() if line.strip())
    return {line.split()[0]: line for line in lines if line.split()[0] in STAGES}


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_the_line_ends_with_a_verdict_and_names_the_report(line: tuple[Ran, Ran]) -> None:
    first, _ = line

    assert first.status == 0, first.said
    assert set(stages(first)) == set(STAGES)
    assert "report: models/demo/" in first.out


def test_the_second_run_repeats_no_finished_stage(
    line: tuple[Ran, Ran], project: TestProject
) -> None:
    _, second = line

    assert second.status == 0, second.said
    assert [stage for stage, told in stages(second).items() if "cached" not in told] == []
    assert len(list((project.root / "models" / "demo").glob("*Z-*"))) == 1


def test_the_report_begins_with_the_verdict_that_the_command_prints(
    line: tuple[Ran, Ran], project: TestProject
) -> None:
    run = only(project.root / "models" / "demo", "*Z-*")
    results = json.loads((run / "evaluation_results.json").read_text())

    assert results["verdict"] in line[0].out
    assert results["verdict"] in (run / "report.html").read_text()


def test_every_row_is_accounted_for(line: tuple[Ran, Ran], project: TestProject) -> None:
    folder = only(project.data("demo") / "dataset", "*")
    rows = read_parquet(folder / "rows.parquet", Row)
    parts = {
        part: sum(1 for _ in (folder / f"{part}.jsonl").open())
        for part in ("train", "valid", "test")
    }

    kept = [row for row in rows if row.status == "kept"]
    assert parts == {part: sum(row.part == part for row in kept) for part in parts}
    assert all(row.reason for row in rows if row.status == "dropped")


def test_the_dataset_and_its_manifest_agree(line: tuple[Ran, Ran], project: TestProject) -> None:
    folder = only(project.data("demo") / "dataset", "*")

    assert intact(folder, read_record(folder / "manifest.json", Manifest))


def test_another_learning_rate_makes_another_run_of_the_same_dataset(
    line: tuple[Ran, Ran], project: TestProject, shell: Shell
) -> None:
    changed = shell.run(
        "pipeline", "--config", "config/demo.yaml", settings=(*QUICK, "train.learning_rate=2e-4")
    )

    told = stages(changed)
    assert changed.status == 0, changed.said
    assert [stage for stage in STAGES[:10] if "cached" not in told[stage]] == []
    assert "cached" not in told["train"]
    assert len(list((project.root / "models" / "demo").glob("*Z-*"))) == 2


def test_nothing_written_holds_a_path_of_this_machine(
    line: tuple[Ran, Ran], project: TestProject
) -> None:
    folders = [project.data("demo"), project.root / "models" / "demo"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]

    holding = [path for path in files if str(project.root).encode() in path.read_bytes()]

    assert files
    assert holding == []


INPUTS = {
    "language": "channel.language",
    "linked": "source.kind",
    "purge_threshold": "split.purge_threshold",
}
"""Settings that a recipe holds among its inputs."""


def recipes(project: TestProject) -> dict[str, Recipe]:
    """Stage to the recipe that its result carries, of a finished line."""
    found: dict[str, Recipe] = {}
    folders = (project.data("demo"), project.root / "models" / "demo")
    for path in (path for folder in folders for path in folder.rglob("*.json")):
        raw = json.loads(path.read_text())
        if isinstance(raw, dict) and isinstance(raw.get("recipe"), dict):
            one = Recipe.model_validate(raw["recipe"])
            found[one.stage] = one
    return found


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_a_setting_makes_again_what_the_document_says(
    line: tuple[Ran, Ran], project: TestProject
) -> None:
    """docs/CONFIG.md names the stages in whose recipe a setting stands, and no other."""
    found = recipes(project)
    reading = {
        stage: {*flat(one.settings), *(INPUTS[name] for name in one.inputs.keys() & INPUTS)}
        for stage, one in found.items()
    }
    said = {
        stage: {
            one.key
            for one in explain()
            if stage in one.remakes and not one.key.startswith("teacher.")
        }
        for stage in found
    }

    assert found.keys() >= {*STAGES[2:4], *STAGES[5:]}
    assert {stage: keys for stage, keys in reading.items() if keys != said[stage]} == {}


QUICK_LINES = [
    arguments
    for arguments in map(understudy_arguments, commands("docs/TUTORIAL.md"))
    if arguments and arguments[0] in {"quote", "dataset", "runs", "explain"}
]
"""The others of the tutorial, and all of the README, are typed by test_documents.py."""


@pytest.mark.parametrize("arguments", QUICK_LINES, ids=" ".join)
def test_a_quick_line_of_the_tutorial_works(
    line: tuple[Ran, Ran], shell: Shell, arguments: list[str]
) -> None:
    done = shell.run(*arguments)

    assert (done.status, done.err) == (0, "")
    assert done.out


def described() -> list[re.Pattern[str]]:
    """Names in the headings of DATA.md, as patterns."""
    text = (CHECKOUT / "docs" / "DATA.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#.*$", text, re.MULTILINE)
    names = {Path(name).name for line in headings for name in re.findall(r"`([^`]+)`", line)}
    return [
        re.compile(
            re.escape(name)
            .replace(re.escape("<video id>"), r"[A-Za-z0-9_-]+")
            .replace(re.escape("<digest>"), r"[0-9a-f]{12}")
        )
        for name in names
    ]


def test_every_file_of_a_run_has_its_description(
    line: tuple[Ran, Ran], project: TestProject
) -> None:
    known = described()
    left = [
        path.relative_to(project.root)
        for folder in ("data", "models")
        for path in (project.root / folder).rglob("*")
        if path.is_file()
    ]
    unknown = [
        str(path)
        for path in left
        if path.parts[1] not in COMMITTED
        and not any(part.startswith(".") for part in path.parts)
        and not any(pattern.fullmatch(path.name) for pattern in known)
    ]

    assert len(left) > 30
    assert unknown == []
