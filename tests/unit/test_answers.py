"""What makes an answer, and which question it answers."""

from __future__ import annotations

import json

import pytest

from tests.support.teachers import make_settings, make_transcript
from understudy.answers import accept_answers, answer_problem, clean_answer, clean_tags
from understudy.errors import DataError
from understudy.records import Question
from understudy.teacher.protocol import DraftAnswer

SETTINGS = make_settings("http://127.0.0.1:1/v1")
CHANNEL = SETTINGS.channel.model_copy(update={"speaker": "Dr. Jason Fung"})
TALK = make_transcript()
QUOTE = " ".join(TALK.text.split()[40:60])
GOOD = "**Insulin stores energy.** It opens the door of the cell, and sugar goes in.\n\n- First this.\n- Then that."
QUESTIONS = [
    Question(id=f"talk01:q{n:02d}", video_id="talk01", question=f"What is {n}?", generator="t")
    for n in (1, 2, 3)
]

BAD = {
    "mentions_source": [
        "The transcript provides limited detail on safety, but fasting is generally safe.",
        "**Fasting works.** As mentioned in the video, it lowers insulin over a day or two.",
        "According to Dr. Fung, insulin is the hormone that stores fat in the body.",
        "The speaker explains that insulin stores fat in the body and in the liver.",
        "This lecture covers insulin, which stores fat in the body and in the liver.",
    ],
    "indirect_opening": [
        "Great question! Insulin is the hormone that stores fat in the body and the liver.",
        "Sure, insulin is the hormone that stores fat in the body and in the liver.",
        "As an AI, I can say that insulin is the hormone that stores fat in the body.",
        "Here is the answer: insulin stores fat in the body and in the liver.",
    ],
    "truncated": [
        "**Insulin stores fat.** It does so by opening the cells of the body and the",
        "**Insulin stores fat.** There are three steps to look at, and they are as follows:",
        "Insulin stores fat in the body, in the liver and, when there is too much of it,",
        "Insulin stores fat in the body and in the liver, and what is more it also...",
    ],
    "broken_markdown": [
        "**Insulin stores fat in the body and in the liver. It opens the cells.",
        "Insulin stores fat in the body.\n\n```\nand this fence is never closed\nat all",
        "Insulin <b>stores</b> fat in the body and in the liver, day after day.",
    ],
    "too_short": ["Yes.", "**Insulin.**", "It stores fat."],
    "too_long": ["Insulin stores fat. " * 200, "word " * 900, "- item\n" * 600],
    "empty": ["", " \n ", "\u200b"],
}


def draft(question_id: str, answer: str = GOOD, quote: str = QUOTE) -> DraftAnswer:
    return DraftAnswer(id=question_id, answer=answer, quote=quote, tags=("Insulin!",))


def accept(*drafts: DraftAnswer, policy: str = "drop"):
    settings = SETTINGS.answers.model_copy(update={"unsupported": policy})
    return accept_answers(drafts, QUESTIONS, TALK, CHANNEL, settings, "test")


@pytest.mark.parametrize(
    ("reason", "text"), [(reason, text) for reason, texts in BAD.items() for text in texts]
)
def test_a_bad_answer_falls_for_its_reason(reason, text):
    assert answer_problem(clean_answer(text), CHANNEL, SETTINGS.answers) == reason


def test_of_1709_real_answers_only_those_that_speak_of_the_source_fall(real_pairs):
    answers = [json.loads(line)["answer"] for line in real_pairs.read_text().splitlines()]

    reasons = {answer_problem(clean_answer(one), CHANNEL, SETTINGS.answers) for one in answers}
    fallen = [
        one for one in answers if answer_problem(clean_answer(one), CHANNEL, SETTINGS.answers)
    ]

    assert reasons == {None, "mentions_source"}
    assert len(fallen) == 31  # each looked at: docs/CONTENT.md


def test_order_does_not_pair_ids_do():
    answers, dropped = accept(
        draft("talk01:q03", GOOD + "\n- three"), draft("talk01:q01"), draft("talk01:q02")
    )

    assert [answer.id for answer in answers] == ["talk01:q01", "talk01:q02", "talk01:q03"]
    assert answers[2].answer.endswith("three")
    assert dropped == ()


def test_each_question_is_answered_or_dropped_and_strangers_are_named():
    answers, dropped = accept(
        draft("talk01:q01"), draft("talk01:q02"), draft("talk01:q02"), draft("other:q09")
    )

    assert [answer.id for answer in answers] == ["talk01:q01"]
    assert sorted((one.id, one.reason) for one in dropped) == [
        ("talk01", "unknown_id"),
        ("talk01:q02", "duplicate_id"),
        ("talk01:q03", "missing"),
    ]


def test_an_answer_carries_its_place_in_the_talk_and_our_own_title():
    answers, _ = accept(draft("talk01:q01"))

    evidence = answers[0].evidence
    assert evidence is not None
    assert evidence.start == pytest.approx(16, abs=0.5)
    assert evidence.link is None  # a talk from a file
    assert answers[0].video_title == TALK.title
    assert answers[0].question == "What is 1?"
    assert answers[0].tags == ("insulin",)


def test_evidence_on_youtube_has_a_link_to_its_second():
    talk = TALK.model_copy(update={"origin": "automatic"})

    answers, _ = accept_answers(
        [draft("talk01:q01")], QUESTIONS, talk, CHANNEL, SETTINGS.answers, "test"
    )

    assert answers[0].evidence is not None
    assert answers[0].evidence.link == "https://www.youtube.com/watch?v=talk01&t=16s"


@pytest.mark.parametrize(("policy", "kept"), [("drop", 0), ("flag", 1), ("keep", 1)])
def test_an_answer_without_support_follows_the_policy(policy, kept):
    answers, dropped = accept(
        draft("talk01:q01", quote="words that nobody ever said in here at all"), policy=policy
    )

    assert len(answers) == kept
    assert ("unsupported" in {one.reason for one in dropped}) == (kept == 0)
    assert all(answer.evidence is None for answer in answers)


def test_typography_is_what_a_keyboard_writes():
    assert (
        clean_answer("low\u2011carb\u00a0food \r\n\r\n\r\n\r\nnext\u200b \n")
        == "low-carb food\n\nnext"
    )


def test_tags_are_lower_case_and_single():
    assert clean_tags(["Blood Glucose", "blood-glucose", "#Fasting", "", "!!"]) == (
        "blood_glucose",
        "fasting",
    )


def test_a_question_of_another_video_is_a_broken_file():
    stranger = QUESTIONS[0].model_copy(update={"id": "other:q01", "video_id": "other"})

    with pytest.raises(DataError, match="other:q01 does not belong"):
        accept_answers([], [stranger], TALK, CHANNEL, SETTINGS.answers, "test")
