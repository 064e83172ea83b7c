"""Quotes are found where they were said, and nowhere else."""

from __future__ import annotations

import json
import random

import pytest

from tests.support.teachers import make_transcript
from understudy.evidence import SpokenText, locate
from understudy.records import Segment, Transcript

TALK = make_transcript(words=1200)
WORDS = TALK.text.split()


def damaged(words: list[str], share: float, rng: random.Random) -> str:
    """Change words as a recogniser does: other endings, lost words, split words."""
    out: list[str] = []
    for word in words:
        if rng.random() >= share:
            out.append(word)
        elif rng.random() < 0.6:
            out.append(word[: max(len(word) - 2, 1)] + rng.choice(["in", "er", "s", "o"]))
        elif rng.random() < 0.5:
            out += [word[:2], word[2:]]
    return " ".join(out)


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


def test_a_quote_with_a_seventh_of_its_words_misheard_is_found_within_two_seconds():
    rng, spoken, hits = random.Random(7), SpokenText.of(TALK), 0
    for _ in range(200):
        at = rng.randrange(len(WORDS) - 30)
        found = locate(damaged(WORDS[at : at + 30], 0.15, rng), spoken, min_score=80)
        hits += found is not None and abs(found.start - at * 0.4) <= 2

    assert hits >= 196


def test_quotes_of_another_talk_are_not_found():
    rng, other, wrong = random.Random(8), make_transcript("other").text.split(), 0
    for _ in range(200):
        at = rng.randrange(len(other) - 20)
        wrong += (
            locate(" ".join(other[at : at + 20]), SpokenText.of(TALK), min_score=80) is not None
        )

    assert wrong <= 2


def test_real_quotes_are_found_in_their_own_talk_and_not_in_another(real_channel):
    raw = [json.loads(path.read_text()) for path in sorted(real_channel.glob("*.json"))[:8]]
    texts = [one["text"] for one in raw]
    spoken = [
        SpokenText.of(TALK.model_copy(update={"segments": (Segment(start=0, end=600, text=text),)}))
        for text in texts
    ]
    rng, own, foreign = random.Random(9), 0, 0
    for turn in range(120):
        words = texts[turn % 8].split()
        at = rng.randrange(len(words) - 20)
        quote = damaged(words[at : at + 20], 0.15, rng)
        own += locate(quote, spoken[turn % 8], min_score=80) is not None
        foreign += locate(quote, spoken[(turn + 3) % 8], min_score=80) is not None

    assert own >= 118
    assert foreign <= 1


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
