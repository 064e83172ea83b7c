"""Inputs that once were not refused as they should, and a handful of new ones for every reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fuzzing.readers import READERS
from tests.support.fuzzing.running import drawn, tried

CORPUS = Path(__file__).with_name("corpus")
QUICK = 15


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/*")), ids=lambda path: path.name)
def test_what_was_found_once_is_refused_or_read(path: Path, tmp_path: Path) -> None:
    found = tried(path.parent.name.replace("-", " "), path.read_bytes(), tmp_path / "input")

    assert found is None, found.trace or found.problem


@pytest.mark.parametrize("reader", READERS)
def test_spoilt_input_is_refused_by_a_typed_error(reader: str, tmp_path: Path) -> None:
    found = [tried(reader, drawn(reader, 1, number), tmp_path / "input") for number in range(QUICK)]

    assert [one.trace or one.problem for one in found if one is not None] == []


@pytest.mark.parametrize("reader", READERS)
def test_the_input_that_is_spoilt_is_read(reader: str, tmp_path: Path) -> None:
    """Otherwise a reader would refuse everything for one and the same reason."""
    work, samples = READERS[reader]
    readable = 0
    for raw in samples():
        assert tried(reader, raw, tmp_path / "input") is None
        (tmp_path / "again").mkdir(exist_ok=True)
        try:
            work(raw, tmp_path / "again")
        except Exception:  # noqa: BLE001  (some samples are meant to be refused)
            continue
        readable += 1

    assert readable
