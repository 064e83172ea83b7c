"""The table of traps names tests that there are, for every trap of training."""

from __future__ import annotations

import ast
import re
from pathlib import Path

LINE = re.compile(r"^\| (\d+) \|.*\| `(tests/[\w/]+\.py)::(\w+)` \|$", re.MULTILINE)


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_each_trap_from_14_to_24_has_a_test_that_is_there(root):
    lines = LINE.findall((root / "docs" / "TRAPS.md").read_text(encoding="utf-8"))

    missing = [f"{path}::{name}" for _, path, name in lines if name not in functions(root / path)]

    assert missing == []
    assert {int(number) for number, _, _ in lines} == set(range(14, 25))
