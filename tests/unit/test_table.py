"""Rows that nobody holds: gone through again and again, changed on their way, and packed."""

from __future__ import annotations

import pytest

from tests.support.rows import many_rows, row_of
from understudy.errors import DataError
from understudy.rows import drop, rows_writer
from understudy.table import Packed, changed, gathered, is_kept, named, selected, table


def test_a_table_is_read_anew_each_time_it_is_gone_through(tmp_path):
    rows = many_rows(3)
    path = rows_writer(rows)(tmp_path / "rows.parquet").path

    found = table(path)

    assert list(found) == rows
    assert list(found) == rows


def test_a_table_that_is_gone_says_so_when_it_is_gone_through(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        list(table(tmp_path / "rows.parquet"))


def test_changed_and_selected_rows_can_be_gone_through_again():
    rows = many_rows(3)

    dropped = changed(rows, lambda row: drop(row, "empty") if row.video_id == "v1" else row)
    left = selected(dropped, is_kept)

    assert [row.reason for row in dropped] == [None] * 4 + ["empty"] * 4 + [None] * 4
    assert {row.video_id for row in left} == {"v0", "v2"}
    assert len(list(left)) == 8


def test_packed_rows_are_the_rows():
    rows = [
        row_of("a:q01", evidence_score=99.9, tags=("ümlaut", "x"), part="train", review="keep"),
        drop(row_of("a:q02", answer="He said “no” — twice.\n\n- a\n- b"), "off_topic"),
    ]

    packed = Packed(rows)

    assert list(packed) == rows
    assert packed[1:] == rows[1:]
    assert list(packed.arranged([1, 0])) == rows[::-1]
    packed.put(0, rows[1])
    assert packed[0] == rows[1]


def test_a_lone_surrogate_is_packed_as_it_would_be_written():
    [row] = Packed([row_of(answer="a \ud800 b")])

    assert row.answer == "a \ufffd b"


def test_rows_are_gathered_by_place_and_found_by_id():
    rows = many_rows(3)

    groups = list(gathered(rows, [[7, 2], [0]]))
    find = named(rows, {"v1:q01", "v2:q04"})

    assert groups == [[rows[7], rows[2]], [rows[0]]]
    assert (find("v1:q01"), find("v2:q04")) == (rows[4], rows[11])
