"""What the documents tell a reader to type is there: commands, options, settings, files, targets.

That the README's and the tutorial's lines do what they say is for tests/flows/test_documents.py.
"""

from __future__ import annotations

import re

import click
import pytest

from tests.support.documents import ROOT, commands, understudy_arguments
from understudy.cli.main import cli
from understudy.settings import explain, load_settings, parse_assignments

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{one.name}" for one in ROOT.glob("docs/*.md")),
]
LINES = [(name, line) for name in DOCUMENTS for line in commands(name)]
CALLS = [(name, line) for name, line in LINES if understudy_arguments(line) is not None]


def test_the_readme_and_the_tutorial_have_commands():
    assert {"README.md", "docs/TUTORIAL.md"} <= {name for name, _ in CALLS}


@pytest.mark.parametrize(("name", "line"), CALLS)
def test_a_command_and_its_options_are_there(name, line):
    first, *rest = understudy_arguments(line)
    command = cli.commands[first]
    if isinstance(command, click.Group):
        command, rest = command.commands[rest[0]], rest[1:]

    context = command.make_context(first, rest)

    assignments = context.params.get("assignments") or ()
    load_settings(ROOT / "config" / "demo.yaml", parse_assignments(assignments))


@pytest.mark.parametrize(("name", "line"), [one for one in LINES if one[1].startswith("make ")])
def test_a_make_target_is_there(name, line):
    targets = re.findall(r"^([a-z%-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    wanted = line.split()[1]

    assert wanted in targets or wanted.startswith("bench-")


KEYS = {one.key for one in explain()}
SECTIONS = {key.split(".")[0] for key in KEYS}
FORMER = {"train.lora.keys"}
"""Named by docs/DECISIONS.md as what is not so."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_setting_that_a_document_names_is_one(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(rf"`((?:{'|'.join(SECTIONS)})\.[a-z_.]+)(?:: \w+)?`", text))
    files = {one for one in named if one.endswith((".py", ".jsonl", ".json", ".html", ".yaml"))}

    assert {
        one
        for one in named - files - FORMER
        if one not in KEYS and not any(key.startswith(f"{one}.") for key in KEYS)
    } == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_and_picture_of_a_document_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    places = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)

    missing = [one for one in places if not ((ROOT / name).parent / one).exists()]
    assert missing == []


def test_no_picture_is_large_or_unused():
    texts = "".join((ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS)

    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.stat().st_size < 300_000, picture.name
        assert picture.name in texts, picture.name
