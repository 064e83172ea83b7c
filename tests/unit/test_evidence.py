"""Quotes are found where they were said, and nowhere else."""

from __future__ import annotations

import json

import pytest

from tests.support.content_corpus import talk_of
from tests.support.recogniser import find_quotes
from tests.support.sample_talks import read_sample
from tests.support.teachers import make_transcript
from understudy.evidence import SpokenText, locate
from understudy.records import Segment, Transcript

TALK = make_transcript(words=1200)
WORDS = TALK.text.split()


def test_a_copied_quote_is_found_at_its_second():
    found = locate(" ".join(WORDS[300:320]), SpokenText.of(TALK), min_score=80)

    assert found is not None
    assert found.score == 100
    assert found.start == pytest.approx(120, abs=0.5)
    assert found.end == pytest.approx(128, abs=0.5)


def test_punctuation_and_case_do_not_matter():
    quote = ", ".join(WORDS[50:62]).upper() + "!"

    found = locate(quote, SpokenText.of(TALK), min_score=80)

    assert found is not None
    assert found.score == 100


@pytest.fixture(scope="module")
def sample_talks(root):
    return read_sample(root)


def test_misheard_quotes_are_found_where_they_were_said_and_in_no_other_talk(sample_talks):
    found = find_quotes(sample_talks, count=400, seed=7)

    assert found.within_two_seconds >= 0.98
    assert found.foreign <= 0.01


def test_short_quotes_must_match_better(sample_talks):
    found = find_quotes(sample_talks, count=300, seed=8, words=(4, 6))

    assert found.foreign <= 0.01


def test_real_quotes_are_found_in_their_own_talk_and_not_in_another(real_channel):
    texts = [json.loads(path.read_text())["text"] for path in sorted(real_channel.glob("*.json"))]
    talks = [talk_of(f"real-{at}", text, minutes=len(text) / 900) for at, text in enumerate(texts)]

    found = find_quotes(talks, count=200, seed=9)

    assert found.within_two_seconds >= 0.98
    assert found.foreign <= 0.01


def test_a_quote_in_a_script_without_spaces_is_long_enough_by_its_letters():
    said = "蜜蜂在冬天保持干燥,因为它们整夜扇风把潮湿的空气赶出蜂箱,并且聚在一起取暖保护蜂王。"
    spoken = SpokenText.of(talk_of("chinese", said, minutes=1))

    assert locate("因为它们整夜扇风把潮湿的空气", spoken, min_score=80) is not None
    assert locate("因为它们", spoken, min_score=80) is None


@pytest.mark.parametrize("quote", ["", "…", "one two three", " ".join(WORDS) + " and more"])
def test_what_is_too_short_or_too_long_proves_nothing(quote):
    assert locate(quote, SpokenText.of(TALK), min_score=0) is None


def test_times_follow_the_segments_not_the_letters():
    segments = (
        Segment(start=0, end=1, text="a very long first segment that is said in one second"),
        Segment(start=100, end=101, text="then nothing and then these words follow"),
    )
    talk = Transcript(
        video_id="v",
        title="",
        language="en",
        origin="manual",
        timing="measured",
        duration_s=101,
        segments=segments,
    )

    found = locate("nothing and then these words", SpokenText.of(talk), min_score=90)

    assert found is not None
    assert 100 <= found.start <= found.end <= 101
