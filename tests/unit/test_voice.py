"""Voice and grounding: whose words an answer is made of, and whether its talk holds them."""

from __future__ import annotations

import random

import pytest

from tests.support.proof import SETTINGS, arm, question
from understudy.proof.grounding import Talks
from understudy.proof.measures.table import measure_all
from understudy.proof.measures.voice import voice
from understudy.proof.report import clock
from understudy.proof.voice import CHUNK_WORDS, Voices, chunks, counts_of
from understudy.records import Segment, Transcript

SPOKEN = "well you know the hive it hums and you stand there and you listen to it and you wait"
TAUGHT = "consequently nectar evaporation requires ventilation through considerable colony effort"
PLAIN = "bees make honey in summer because flowers give them nectar then"


def text_of(source, seed, words=CHUNK_WORDS):
    return " ".join(random.Random(seed).choices(source.split(), k=words))


def talk(video, text=None):
    spoken = text or text_of(SPOKEN, video, 2 * CHUNK_WORDS)
    half = len(spoken) // 2
    return Transcript(
        video_id=video,
        title=video,
        language="en",
        origin="local",
        timing="measured",
        duration_s=100.0,
        segments=(
            Segment(start=0, end=50, text=spoken[:half]),
            Segment(start=50, end=100, text=spoken[half:]),
        ),
    )


@pytest.fixture(scope="module")
def voices():
    return Voices(
        {
            "speaker": [piece for video in "abc" for piece in chunks(talk(video))],
            "teacher": [(video, text_of(TAUGHT, video, 60)) for video in "abcdef"],
            "base": [(video, text_of(PLAIN, video, 12)) for video in "ab"],
        }
    )


def test_each_voice_is_known_again_in_a_video_that_was_left_out(voices):
    assert voices.judge("a", text_of(SPOKEN, 1, 20)) == "speaker"
    assert voices.judge("a", text_of(TAUGHT, 2, 20)) == "teacher"
    assert voices.judge("z", text_of(PLAIN, 3, 20)) == "base"
    assert voices.accuracy() == 1


def test_no_words_are_nobodys(voices):
    assert voices.judge("a", "**–** 🙂") is None


def heard(seed):
    return text_of(SPOKEN, seed, 40)


def test_voices_that_cannot_be_told_apart_are_not_measured():
    alike = [
        question(f"v{n}", base=arm(text=heard(n + 3000)), reference=heard(n + 99)) for n in range(6)
    ]
    talks = {f"v{n}": talk(f"v{n}") for n in range(6)}

    found = voice(alike, talks, [(f"v{n}", heard(n + 1000)) for n in range(6, 12)])

    assert found == {}


def test_every_video_of_a_voice_is_heard_however_much_others_say():
    long, short = text_of(SPOKEN, 1, 89_900), text_of(SPOKEN, 2, 120)
    talks = {"long": talk("long", long), "short": talk("short", short)}
    asked = [question(video, base=arm(text=text_of(PLAIN, video, 20))) for video in "abc"]

    found = voice(asked, talks, [(video, text_of(TAUGHT, video, 60)) for video in "abc"])

    assert {0.0, 1.0} >= {found["voice_base"].columns(one, one.base)[0] for one in asked}


def test_marks_and_capitals_are_no_voice():
    assert (
        counts_of("**Well, you KNOW.**\n\n- the hive") == counts_of("well you know the hive")
    ).all()


def test_a_video_gives_nothing_away_about_itself():
    secret = "zyzzyva quixotry"
    texts = {
        "speaker": [("a", secret), ("b", SPOKEN)],
        "teacher": [("c", f"{secret} {TAUGHT}"), ("d", TAUGHT)],
        "base": [("e", PLAIN), ("f", PLAIN)],
    }

    assert Voices(texts).judge("x", secret) == "speaker"
    assert Voices(texts).judge("a", secret) == "teacher"


def test_a_misheard_word_is_found_and_an_invented_one_not():
    talks = Talks(
        {"v": talk("v", "the varoa mites sit on the drone brood in summer and nobody looks")}
    )

    assert talks.grounded("Varroa mites!", "v") == 1
    assert talks.grounded("Varroa and antibiotics", "v") == pytest.approx(1 / 2)
    assert talks.grounded("so it is", "v") == 0


def test_the_nearest_sentence_is_shown_with_its_second():
    talks = Talks({"v": talk("v", f"{SPOKEN} and the queen leaves the hive in the month of may")})

    found = talks.support(
        "**Nobody said this at all today.** The queen leaves the hive in May.", "v"
    )

    assert found.quote == "The queen leaves the hive in May."
    assert found.start > 50
    assert talks.support("Nothing like it stands anywhere.", "v") is None


def test_both_are_measured_with_transcripts_and_left_out_without():
    questions = [
        question(video, reference=text_of(TAUGHT, video, 30), base=arm(text=PLAIN))
        for video in "ab"
    ]
    train = [(video, text_of(TAUGHT, video, 40)) for video in "cd"]
    transcripts = {video: talk(video) for video in "abcd"}

    found = measure_all(questions, train_answers=train, settings=SETTINGS, transcripts=transcripts)
    without = measure_all(questions, train_answers=train, settings=SETTINGS)

    assert found.keys() - without.keys() == {
        "grounded", "voice_speaker", "voice_teacher", "voice_base"
    }  # fmt: skip
    assert found["voice_teacher"].reference == 1
    assert found["grounded"].reference == 0
    assert "known texts" in found["voice_speaker"].baseline_is


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (83.9, "1:23"), (3723, "1:02:03")])
def test_a_place_is_told_as_a_player_shows_it(seconds, shown):
    assert clock(seconds) == shown
