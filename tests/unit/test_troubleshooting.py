"""docs/TROUBLESHOOTING.md has an entry for every error, and quotes sentences that the code can say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "TROUBLESHOOTING.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^### `(\w+)`\n+(.*?)(?=\n##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
QUOTED = re.findall(r"^> (.+)$", TEXT, re.MULTILINE)
LEAST = 8
"""Shorter pieces between two `…` say nothing."""


TREES = [
    ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("src", "tasks", "flows")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def every_error(known=("UnderstudyError",)):
    """Names of the root and of every class below it, wherever it is defined."""
    below = [
        node.name
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and {ast.unparse(base) for base in node.bases} & {*known}
        and node.name not in known
    ]
    return every_error((*known, *below)) if below else set(known)


def test_every_error_has_an_entry_and_every_entry_is_an_error():
    assert ENTRIES.keys() == every_error()


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_says_more_than_what_was_seen(name):
    told = [line for line in ENTRIES[name].splitlines() if line and not line.startswith(">")]

    assert len(" ".join(told).split()) >= 8


def sentences():
    """Every string of the code, `…` where something is filled in."""
    for node in (node for tree in TREES for node in ast.walk(tree)):
        if isinstance(node, ast.JoinedStr):
            parts = (one.value if isinstance(one, ast.Constant) else "…" for one in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.fixture(scope="module")
def said():
    return list(sentences())


@pytest.mark.parametrize("quote", QUOTED)
def test_a_quoted_sentence_is_one_that_the_code_says(said, quote):
    pieces = [piece.strip(" ;:,.") for piece in quote.split("…")]

    for piece in pieces:
        if len(piece) >= LEAST:
            assert any(piece in sentence for sentence in said), piece


def test_what_is_quoted_is_more_than_gaps():
    """Two are nothing but an item and a reason."""
    empty = {one for one in QUOTED if all(len(piece.strip()) < LEAST for piece in one.split("…"))}

    assert empty == {"…: …", "…, line …: …"}


def test_every_link_leads_to_a_document():
    named = set(re.findall(r"\]\(([A-Z_]+\.md)\)", TEXT))

    assert {name for name in named if not (ROOT / "docs" / name).is_file()} == set()
