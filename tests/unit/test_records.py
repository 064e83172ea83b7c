"""Records are frozen, and nothing untrusted becomes a path."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from understudy import records
from understudy.errors import InvalidIdError
from understudy.records import (
    PERMANENT,
    Question,
    Row,
    RowId,
    Segment,
    Transcript,
    Video,
    VideoId,
    checked_video_id,
    digest_of,
)

VIDEO_IDS = TypeAdapter(VideoId)
ROW_IDS = TypeAdapter(RowId)

NO_VIDEO_IDS = [
    "",
    " ",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "/etc/passwd",
    "a.b",
    "a b",
    "a:b",
    "a\n",
    "\na",
    "a\0",
    "x" * 65,
    "ünïcode",
    "а",  # Cyrillic
    "%2e%2e",
    "~",
    "CON.txt",
]


def row(**changes):
    given_fields = {
        "id": "dQw4w9WgXcQ:q01",
        "source_id": "dQw4w9WgXcQ:q01",
        "video_id": "dQw4w9WgXcQ",
        "video_title": "A talk",
        "question": "Why?",
        "answer": "Because.",
        "generator": "offline",
    }
    return Row(**{**given_fields, **changes})


@pytest.mark.parametrize("text", ["dQw4w9WgXcQ", "-ZzVYSEVi43", "_M-iBmbR0c_", "a", "x" * 64, "--"])
def test_an_id_may_hold_what_youtube_uses(text):
    assert checked_video_id(text) == text
    assert VIDEO_IDS.validate_python(text) == text


@pytest.mark.parametrize("text", NO_VIDEO_IDS)
def test_what_could_leave_its_folder_is_no_id(text):
    with pytest.raises(InvalidIdError, match="is no video id: it takes 1 to 64 letters"):
        checked_video_id(text)
    with pytest.raises(ValidationError):
        VIDEO_IDS.validate_python(text)
    with pytest.raises(ValidationError):
        ROW_IDS.validate_python(f"{text}:q01")


def test_a_long_id_is_not_quoted_in_full():
    with pytest.raises(InvalidIdError) as caught:
        checked_video_id("!" * 10_000)

    assert len(str(caught.value)) < 200


@given(st.text(max_size=70))
def test_an_accepted_id_names_a_file_in_the_folder_it_is_put_in(text):
    try:
        name = checked_video_id(text)
    except InvalidIdError:
        return
    assert Path("data", f"{name}.json").parent == Path("data")
    assert name.isascii()


@pytest.mark.parametrize(
    "text",
    ["dQw4w9WgXcQ:q01", "-a:q1234", "a:x0123456789ab", "a:q07:p2", "a:q07:bt12", "_:q10:s999"],
)
def test_a_row_id_holds_its_video_its_number_and_its_variant(text):
    assert ROW_IDS.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    ["a", "a:", "a:q1", "a:q12345", "a:x012", "a:x0123456789AB", "a:q01:", "a:q01:P1", "a:q01:p1:p2",
     "a:q01\n", "a:q01:p1234", "a/b:q01", ":q01", "a:q٠١"],
)  # fmt: skip
def test_another_row_id_is_refused(text):
    with pytest.raises(ValidationError):
        ROW_IDS.validate_python(text)


@pytest.mark.parametrize(
    "fields", [{"status": "dropped"}, {"reason": "empty"}, {"status": "kept", "reason": "empty"}]
)
def test_a_row_is_dropped_exactly_when_it_says_why(fields):
    with pytest.raises(ValidationError, match="a dropped row has a reason and a kept row has none"):
        row(**fields)


def test_a_row_may_be_kept_or_dropped_with_a_reason():
    assert row().reason is None
    assert row(status="dropped", reason="near_duplicate").status == "dropped"


@pytest.mark.parametrize("video_id", ["other", "dQw4w9WgXc", "dQw4w9WgXcQ:q01"])
def test_a_row_belongs_to_the_video_that_its_id_names(video_id):
    with pytest.raises(ValidationError):
        row(video_id=video_id)


def test_a_question_belongs_to_the_video_that_its_id_names():
    with pytest.raises(ValidationError, match="a:q01 is no id of the video b"):
        Question(id="a:q01", video_id="b", question="Why?", generator="offline")


def test_a_reason_from_outside_the_list_is_refused():
    with pytest.raises(ValidationError):
        row(status="dropped", reason="because")


def test_a_record_cannot_be_changed():
    one = row()

    with pytest.raises(ValidationError, match="frozen"):
        one.answer = "Other."


def test_an_unknown_field_is_refused():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        row(score=1)


RECORDS = [
    cls
    for cls in vars(records).values()
    if isinstance(cls, type) and issubclass(cls, records.Record)
]


@pytest.mark.parametrize("cls", RECORDS)
def test_every_record_is_frozen_and_strict_about_its_fields(cls):
    assert cls.model_config["frozen"] is True
    assert cls.model_config["extra"] == "forbid"


def transcript(*texts, **changes):
    segments = tuple(Segment(start=i, end=i + 1, text=text) for i, text in enumerate(texts))
    given_fields = {
        "video_id": "a",
        "title": "A talk",
        "language": "en",
        "origin": "manual",
        "timing": "measured",
        "duration_s": float(len(texts)),
        "segments": segments,
    }
    return Transcript(**{**given_fields, **changes})


def test_a_transcript_reads_as_one_text():
    assert transcript("Bees", "sleep.").text == "Bees sleep."


def test_a_transcript_without_words_is_refused():
    with pytest.raises(ValidationError):
        transcript()
    with pytest.raises(ValidationError):
        transcript("")


@pytest.mark.parametrize(
    "changes", [{"title": "Other"}, {"language": "de"}, {"timing": "estimated"}, {"video_id": "b"}]
)
def test_the_digest_of_a_transcript_sees_every_change(changes):
    assert transcript("Bees").digest != transcript("Bees", **changes).digest
    assert transcript("Bees").digest == transcript("Bees").digest


def test_times_before_the_video_are_refused():
    with pytest.raises(ValidationError):
        Segment(start=-0.1, end=1, text="a")


def test_only_a_youtube_video_has_an_address():
    assert Video(video_id="-a", title="", origin="youtube").url == (
        "https://www.youtube.com/watch?v=-a"
    )
    assert Video(video_id="-a", title="", origin="folder").url is None


def test_passing_reasons_are_asked_again():
    passing = {
        "ip_blocked",
        "rate_limited",
        "po_token_required",
        "unparsable",
        "network",
        "not_yet",
    }

    assert passing.isdisjoint(PERMANENT)
    assert passing | PERMANENT == set(records.TranscriptReason.__args__)


@given(st.text())
def test_a_text_has_the_digest_of_its_bytes(text):
    assert digest_of(text) == hashlib.sha256(text.encode()).hexdigest() == digest_of(text.encode())


def test_even_a_lone_surrogate_has_a_digest():
    assert digest_of("\ud800") != digest_of("\ud801")
