"""Decisions find the text they are about, a file of them is taken whole or refused with its line."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rows import (
    GOOD,
    QUESTION,
    dedup_settings,
    filter_settings,
    many_rows,
    row_of,
    split_settings,
)
from understudy.dedup import deduplicate_rows
from understudy.errors import DataError, EmptySourceError, RowError
from understudy.leak import leak_report
from understudy.marks import read_marks, table_of
from understudy.quality import defects, filter_rows
from understudy.records import text_digest
from understudy.review import Mark, remembered, review_rows
from understudy.rows import REFUSED, drop
from understudy.split import asked_of, purge


def mark_of(row, decision="drop", **fields):
    return Mark(id=row.id, digest=row.digest, decision=decision, **fields)


# --- applying ----------------------------------------------------------------------


def test_a_mark_follows_its_text_to_another_id_of_the_video():
    judged = row_of("v:q01", answer="About the first thing.")
    renumbered = judged.model_copy(update={"id": "v:q02", "source_id": "v:q02"})
    stranger = row_of("v:q01", answer="About another thing.")

    after = review_rows([stranger, renumbered], [mark_of(judged)])

    assert [row.reason for row in after.rows] == [None, "reviewed"]
    assert after.waiting == ()


def test_a_mark_reaches_one_row_and_never_another_video():
    twins = [row_of("v:q01"), row_of("v:q02"), row_of("w:q01")]

    after = review_rows(twins, [mark_of(twins[1])])

    assert [row.review for row in after.rows] == [None, "drop", None]


@pytest.mark.parametrize("reason", ["empty", "too_long", "duplicate_id"])
def test_what_is_not_there_whole_is_not_kept(reason):
    row = drop(row_of(), reason)

    after = review_rows([row], [mark_of(row, "keep")])

    assert list(after.rows) == [row]
    assert len(after.waiting) == 1


def test_an_edit_brings_what_the_teacher_never_delivered():
    row = drop(row_of(question="", generator=REFUSED), "refusal")
    edit = mark_of(row, "edit", question="What now?", answer="This.")

    (after,) = review_rows([row], [edit]).rows

    assert (after.question, after.status, after.generator) == ("What now?", "kept", "review")


def test_no_rule_takes_out_what_a_person_keeps():
    kept = row_of("a:q01", answer="Short, and see the transcript", review="keep")
    twin = row_of("b:q01")

    found = deduplicate_rows([kept, twin], dedup_settings(), defects=defects)
    judged = list(filter_rows(found.rows, filter_settings(keep_share=0.01), "en"))

    assert found.clusters[0].keeper == "a:q01"
    assert [row.status for row in judged] == ["kept", "dropped"]
    assert "mentions_source" in judged[0].findings


def test_two_kept_rows_of_a_cluster_both_stay():
    rows = [row_of("a:q01", review="keep"), row_of("b:q01", review="edit"), row_of("c:q01")]

    found = deduplicate_rows(rows, dedup_settings(), defects=defects)

    assert [row.status for row in found.rows] == ["kept", "kept", "dropped"]


def test_a_kept_training_row_drives_out_the_held_out_one_that_is_near():
    train = row_of("a:q01", part="train", review="keep")
    test = row_of("b:q01", part="test")
    insisted = test.model_copy(update={"review": "keep"})

    assert purge(*([asked_of(row)] for row in (train, test)), 0.8) == {"b:q01": "near_reviewed"}
    assert purge(*([asked_of(row)] for row in (train, insisted)), 0.8) == {}
    both = [train, insisted]
    claims = leak_report([*both, *many_rows(6)], split_settings()).claims
    assert any("review keeps both" in claim for claim in claims)


# --- remembering -------------------------------------------------------------------


def test_a_mark_on_an_edited_row_is_remembered_as_about_the_text_that_went_in():
    row = row_of()
    edit = mark_of(row, "edit", question="New?", answer="New.")
    outcome = text_digest("New?", "New.")

    again = remembered([edit], [Mark(id=row.id, digest=outcome, decision="drop")], [])
    kept = remembered([edit], [Mark(id=row.id, digest=outcome, decision="keep")], [])

    assert [(one.decision, one.digest) for one in again] == [("drop", row.digest)]
    assert kept == (edit,)


def test_a_new_mark_replaces_the_old_one_and_clearing_takes_it_back():
    row, other = row_of("v:q01"), row_of("w:q01")
    first = remembered([], [mark_of(row), mark_of(other)], [])

    assert [one.decision for one in remembered(first, [mark_of(row, "keep")], [])] == [
        "keep",
        "drop",
    ]
    assert remembered(first, [], [row.id]) == (mark_of(other),)


# --- the file ----------------------------------------------------------------------

ROWS = [
    row_of("-v:q01", answer="- A list.\n- Of two.", video_title="=cmd|' /C calc'!A0"),
    row_of("w:q01", answer='He said: "Yes", and then\nstopped.'),
    drop(row_of("x:q01", question="", answer=""), "empty"),
]


def csv_file(tmp_path, *lines):
    """A table with these cells below the header."""
    path = tmp_path / "marks.csv"
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("id", "mark", "question", "answer", "note", "digest"), *lines])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


def test_the_table_that_is_handed_out_comes_back_without_loss(tmp_path):
    text = table_of(ROWS)
    table = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    for line in table[:2]:
        line["mark"] = "keep"
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, table[0].keys())
    writer.writeheader()
    writer.writerows(table)
    path = tmp_path / "back.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")

    marks = read_marks(path, ROWS)

    assert [(one.id, one.digest) for one in marks.given] == [(r.id, r.digest) for r in ROWS[:2]]


@given(st.text(alphabet="=+-@'\t ab\"\n,;", max_size=12))
def test_no_cell_of_the_table_begins_like_a_formula(text):
    table = table_of([row_of("-v:q01", question=text or "a", video_title=text)])

    cells = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"), newline="")))[1]

    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]


def test_json_lines_of_the_page_are_read(tmp_path):
    path = tmp_path / "marks.jsonl"
    edit = {"question": "New?", "answer": "New."}
    lines = [
        {"id": "-v:q01", "mark": "edit", "digest": ROWS[0].digest, "note": "", **edit},
        {"id": "w:q01", "mark": "clear", "digest": ROWS[1].digest, "note": ""},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    marks = read_marks(path, ROWS)

    assert [(one.decision, one.answer) for one in marks.given] == [("edit", "New.")]
    assert marks.cleared == ("w:q01",)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (("nobody:q01", "drop", "", "", "", ""), "no row 'nobody:q01'"),
        (("w:q01", "delete", "", "", "", ""), "'delete' is no mark: write drop, keep, edit or"),
        (("x:q01", "keep", "", "", "", ""), "cannot be marked keep: it has no text"),
        (("w:q01", "edit", "", "", "", ""), "marked edit, but its text is the dataset's"),
        (("w:q01", "edit", "", "A \ufffd in it", "", ""), "cannot be used: unreadable text"),
        (("w:q01", "keep", "", "Other words.", "", ""), "the answer of w:q01 differ"),
        (("w:q01", "", "Another question?", "", "", ""), "write edit to hand the new text in"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_number(tmp_path, cells, problem):
    path = csv_file(tmp_path, ("-v:q01", "drop", "", "", "", ""), cells)

    with pytest.raises(DataError, match=f"line 3: .*{problem}.*Nothing was taken over"):
        read_marks(path, ROWS)


def test_a_row_is_marked_once(tmp_path):
    path = csv_file(tmp_path, ("w:q01", "drop", *[""] * 4), ("w:q01", "keep", *[""] * 4))

    with pytest.raises(DataError, match="line 3: w:q01 is marked in line 2 already"):
        read_marks(path, ROWS)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"id,mark\nw:q01\n", RowError),
        ("a.csv", b"id,mark\nw:q01,\xff\n", DataError),
        ("a.csv", b"number,verdict\n1,drop\n", DataError),
        ("a.csv", b"id,mark\nw:q01,\n", EmptySourceError),
        ("a.csv", b"", EmptySourceError),
        ("a.jsonl", b'{"id": "w:q01", "mark": "drop"', RowError),
        ("a.jsonl", b"[1]\n", RowError),
        ("gone.jsonl", None, DataError),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, name, content, error):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(error):
        read_marks(path, ROWS)


def test_marks_about_an_earlier_text_are_taken_as_they_are(tmp_path):
    earlier = text_digest(QUESTION, GOOD + " More.")
    path = csv_file(tmp_path, ("w:q01", "drop", QUESTION, GOOD + " More.", "why", earlier))

    (mark,) = read_marks(path, ROWS).given

    assert (mark.digest, mark.note) == (earlier, "why")
