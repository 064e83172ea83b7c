"""What makes a question, whoever wrote it."""

from __future__ import annotations

import json

import pytest

from tests.support.teachers import make_settings, make_transcript
from understudy.questions import accept_questions, planned_count, shortfall
from understudy.records import Dropped
from understudy.teacher.protocol import DraftQuestion

SETTINGS = make_settings("http://127.0.0.1:1/v1")
CHANNEL = SETTINGS.channel.model_copy(update={"speaker": "Dr. Jason Fung"})
TALK = make_transcript()

BAD = {
    "mentions_source": [
        "What does the speaker say about insulin?",
        "According to the video, why is sugar harmful?",
        "What is the main point of this talk?",
        "How does Dr. Fung explain insulin resistance?",
        "Which foods are recommended in the transcript?",
        "What example is given in this lecture?",
        "Why does the presenter dislike snacking?",
        "What did he say about fasting?",
        "What does Fung recommend for breakfast?",
        "According to him, what drives obesity?",
    ],
    "not_standalone": [
        "Why does this happen?",
        "How do they affect the liver?",
        "What is this method good for?",
        "And what about fruit?",
        "Does the aforementioned diet help?",
        "How does it work?",
        "What are the following steps to take?",
        "Is this approach safe for children?",
        "Why should he eat less?",
    ],
    "not_a_question": [
        "Explain how insulin works.",
        "Insulin and fasting",
        "Why?",
        "Describe the causes of obesity!",
        "How insulin works",
    ],
    "empty": ["", "   ", "\u200b"],
}
GOOD = [
    "How does insulin affect the storage of body fat?",
    "Why do people regain weight after a diet?",
    "What happens to blood sugar during a 24-hour fast?",
    "Is it safe to fast during pregnancy?",
    "Is it true that breakfast raises the metabolism?",
    "What is the difference between glucose and fructose?",
    "Which hormones tell the body that it is full?",
    "Can intermittent fasting reverse type 2 diabetes, and how common is remission?",
    "Why is it important to eat protein?",
    "How do I talk to my doctor about fasting?",
    "Who was William Banting and what did he eat to lose weight?",
    "What does it mean that a disease is reversible?",
    "How can text messages remind people to take their medicine?",
    "What role does the liver play when there is no food?",
    "Does coffee with milk break a fast?",
    "How much water should an adult drink while fasting?",
    "Why do we carry body fat and how is it used?",
    "What does the video card of a computer do?",
    "What is video compression and why does it matter?",
    "Should I stop taking metformin when I start fasting?",
]


def accept(*texts: str):
    drafts = [DraftQuestion(question=text) for text in texts]
    return accept_questions(drafts, TALK, CHANNEL, SETTINGS.questions, "test")


@pytest.mark.parametrize(
    ("reason", "text"), [(reason, text) for reason, texts in BAD.items() for text in texts]
)
def test_a_bad_question_falls_for_its_reason(reason, text):
    kept, dropped = accept(text)

    assert kept == ()
    assert [one.reason for one in dropped] == [reason]


@pytest.mark.parametrize("text", [text for text in GOOD if "video" not in text])
def test_a_good_question_stays(text):
    kept, dropped = accept(text)

    assert [question.question for question in kept] == [text]
    assert dropped == ()


def test_a_subject_may_be_about_video():
    kept, _ = accept("What is video compression and why does it matter?")

    assert len(kept) == 1


def test_near_copies_within_a_video_leave_the_first():
    kept, dropped = accept(
        "How does insulin affect the storage of body fat?",
        "How does insulin affect storage of body fat?",
        "How Does Insulin Affect the Storage of Body\u00a0Fat ?",
    )

    assert len(kept) == 1
    assert [one.reason for one in dropped] == ["near_copy", "near_copy"]


def test_ids_are_ours_and_in_order():
    kept, _ = accept("Why is the sky blue at noon?", "bad", "What makes honey keep for years?")

    assert [question.id for question in kept] == ["talk01:q01", "talk01:q02"]


def test_what_is_over_the_maximum_is_accounted():
    letters = "abcdefghijklmnopqrstuvwxyz"
    texts = [
        f"What connects {a * 7} with {b * 9} here and there?"
        for a, b in zip(letters, letters[7:], strict=False)
    ]

    kept, dropped = accept(*texts)

    assert len(kept) == planned_count(TALK, SETTINGS.questions) < len(texts)
    assert len(kept) + len(dropped) == len(texts)
    assert {one.reason for one in dropped} == {"too_many"}


def test_list_marks_and_odd_characters_are_cleaned():
    kept, _ = accept("  3) What\u00a0is a low\u2011carb diet? ")

    assert kept[0].question == "What is a low-carb diet?"


@pytest.mark.parametrize(("words", "expected"), [(10, 3), (300, 5), (60 * 40, 15)])
def test_longer_talks_get_more_questions_within_the_limits(words, expected):
    assert planned_count(make_transcript(words=words), SETTINGS.questions) == expected


def test_what_neither_came_nor_failed_is_missing():
    drafts = [DraftQuestion(question="Why is the sky blue?")]
    failed = [Dropped(id="v", reason="refusal")]

    assert [one.reason for one in shortfall(5, drafts, failed, "v")] == ["missing"] * 3
    assert shortfall(1, drafts, failed, "v") == ()


def test_of_1709_real_questions_hardly_one_falls(real_pairs):
    texts = [json.loads(line)["question"] for line in real_pairs.read_text().splitlines()]

    refused = [text for text in texts if accept(text)[1]]

    assert len(refused) <= 3
