"""Every answer becomes one row, kept or dropped with its reason, in any order of files."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rows import answer_of, real_answers, row_of
from understudy.errors import DataError, RowError
from understudy.records import Answer, Dropped
from understudy.rows import (
    MAX_CHARACTERS,
    account_of,
    drop,
    has_odd_hyphens,
    read_answers,
    read_bundle,
    read_rows,
    rows_account,
    rows_of,
    rows_writer,
)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("with a \x00 NUL", "unreadable_text"),
        ("with a \x1b[31m control character", "unreadable_text"),
        ("with a lost \ufffd character", "unreadable_text"),
        ("x" * 1_000_001, "too_long"),
    ],
)
def test_an_unusable_answer_is_listed_with_its_reason(answer, reason):
    [row] = rows_of([answer_of(answer=answer)])

    assert (row.status, row.reason) == ("dropped", reason)
    assert len(row.answer) <= MAX_CHARACTERS


@pytest.mark.parametrize("text", ["שלום, מה שלומך היום?", "蜜蜂冬天怎么过?", "a\tb\nc", "😀 ok"])
def test_other_scripts_and_line_breaks_are_fine(text):
    [row] = rows_of([answer_of(question=text, answer=text)])

    assert row.status == "kept"
    assert row.answer == text


def test_an_unusable_question_counts_like_an_unusable_answer():
    [row] = rows_of([answer_of(question="\x07")])

    assert row.reason == "unreadable_text"


def test_of_two_with_the_same_id_the_readable_one_is_kept():
    rows = rows_of([answer_of(answer="\x00"), answer_of(answer="Good."), answer_of(answer="Also.")])

    assert [row.status for row in rows] == ["kept", "dropped", "dropped"]
    assert sorted(str(row.reason) for row in rows) == ["None", "duplicate_id", "unreadable_text"]


def test_the_order_of_files_does_not_matter():
    answers = [answer_of(f"v{n % 7}:q{n % 5:02d}", answer=f"Answer {n}.") for n in range(40)]
    shuffled = random.Random(1).sample(answers, len(answers))

    assert list(rows_of(answers)) == list(rows_of(shuffled))


def test_soft_things_are_normalised_and_words_are_not():
    [row] = rows_of([answer_of(answer="a low\u2011carb day\r\nand more — really ")])

    assert row.answer == "a low-carb day\nand more — really"


def test_what_the_passes_refused_is_listed():
    refused = [
        Dropped(id="vid:q03", reason="unsupported", text="Invented."),
        Dropped(id="vid", reason="not_json", text="{"),
    ]

    rows = rows_of([answer_of()], refused)

    assert {row.reason for row in rows} == {None, "unsupported", "not_json"}
    assert rows_account(rows).requested == 1


@given(st.text(), st.text())
def test_no_text_stops_the_stage(question, answer):
    made = Answer.model_construct(**{**dict(answer_of()), "question": question, "answer": answer})

    [row] = rows_of([made])

    assert (row.status == "kept") == (row.reason is None)


def test_parquet_gives_back_what_went_in_byte_for_byte(tmp_path):
    rows = [row_of(tags=("a", "ü")), drop(row_of("vid:q02"), "off_topic", findings=("off_topic",))]

    first = rows_writer(rows)(tmp_path / "a.parquet")
    again = rows_writer(read_rows(tmp_path / "a.parquet"))(tmp_path / "b.parquet")

    assert read_rows(tmp_path / "b.parquet") == rows
    assert first.sha256 == again.sha256


def test_lone_surrogates_in_files_do_not_stop_the_stage(tmp_path):
    line = json.dumps(dict(answer_of(answer="good")) | {"evidence": None}).replace(
        "good", "\\ud800"
    )
    bundle, document = tmp_path / "b.jsonl", tmp_path / "d.json"
    bundle.write_text(line + "\n")
    document.write_text(f'{{"items": [{line}], "dropped": []}}')

    rows = rows_of([*read_bundle(bundle), *read_answers(document)[0]])

    assert {row.reason for row in rows} == {"unreadable_text"}


def test_a_line_that_is_no_answer_is_named(tmp_path):
    path = tmp_path / "bundle.jsonl"
    path.write_text(answer_of().model_dump_json() + '\n{"id": "vid:q02"}\n')

    with pytest.raises(RowError, match=r"bundle\.jsonl, line 2: no Answer"):
        list(read_bundle(path))


@pytest.mark.parametrize("content", ["[]", "{}", '{"items": [1]}', "nope"])
def test_a_file_that_is_no_document_is_named(tmp_path, content):
    path = tmp_path / "vid.json"
    path.write_text(content)

    with pytest.raises(DataError, match="vid"):
        read_answers(path)


def test_an_account_counts_only_what_this_stage_dropped():
    before = [row_of("v:q01"), drop(row_of("v:q02"), "empty"), row_of("v:q03")]
    after = [before[0], before[1], drop(before[2], "off_topic")]

    one = account_of("filter", before, after)

    assert (one.requested, one.produced, dict(one.dropped)) == (2, 1, {"off_topic": 1})


def test_the_real_pairs_all_become_rows(real_pairs):
    answers = real_answers(real_pairs)

    rows = rows_of(answers)

    assert len(rows) == 1709
    assert all(row.status == "kept" for row in rows)
    assert sum(map(has_odd_hyphens, answers)) == 667
    assert not any("\u2011" in row.question + row.answer for row in rows)
