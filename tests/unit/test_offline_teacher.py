"""The teacher that needs no key: honest, deterministic, and unable to crash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sample_talks import read_sample
from understudy.answers import accept_answers
from understudy.evidence import bare
from understudy.questions import accept_questions, planned_count
from understudy.records import Question, Segment, Transcript
from understudy.settings import load_settings
from understudy.teacher.offline.candidates import stands_alone
from understudy.teacher.offline.sentences import readable, sentences_of
from understudy.teacher.offline.teacher import OfflineTeacher, draft_answers, draft_questions
from understudy.text.form import form_of, plain_text


@pytest.fixture(scope="module")
def config(root):
    return load_settings(root / "config" / "demo.yaml")


def transcript_of(text: str, *, title: str = "A title") -> Transcript:
    words = text.split()
    lines = [" ".join(words[at : at + 8]) for at in range(0, len(words), 8)]
    segments = tuple(
        Segment(start=3.0 * at, end=3.0 * at + 3, text=line) for at, line in enumerate(lines)
    )
    return Transcript(
        video_id="abcdefghijk",
        title=title,
        language="en",
        origin="local",
        timing="estimated",
        duration_s=3.0 * len(lines),
        segments=segments,
    )


def asked(text: str) -> Question:
    return Question(id="abcdefghijk:q01", video_id="abcdefghijk", question=text, generator="import")


def answers_to(transcript: Transcript, count: int = 8) -> dict[str, str]:
    questions = [
        Question(
            id=f"abcdefghijk:q{number:02d}",
            video_id="abcdefghijk",
            question=draft.question,
            generator="offline",
        )
        for number, draft in enumerate(draft_questions(transcript, count=count), start=1)
    ]
    by_id = {draft.id: draft.answer for draft in draft_answers(transcript, questions)}
    return {question.question: by_id[question.id] for question in questions}


TOLD = (
    "Good morning. How do you keep mice out of a hive? You keep mice out with a grid of wire. "
    "It is like a fence around lettuce. Three things help. First, a narrow door. Second, a high "
    "stand. Third, short grass. What do bees drink in March? Bees drink from warm moss. "
    "Cold water stiffens them."
)


def test_a_question_that_the_speaker_asks_is_asked_and_answered_in_form():
    answer = answers_to(transcript_of(TOLD))["How do you keep mice out of a hive?"]

    assert answer == (
        "**You keep mice out with a grid of wire.**\n\n"
        "It is like a fence around lettuce.\n\n"
        "Three things help:\n\n"
        "- A narrow door.\n- A high stand.\n- Short grass."
    )


def test_an_answer_ends_where_the_next_question_begins():
    answers = answers_to(transcript_of(TOLD))

    assert answers["What do bees drink in March?"] == (
        "**Bees drink from warm moss.**\n\nCold water stiffens them."
    )


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("Colonies are weak in March because the brood eats more than it gives back.",
         "Why are colonies weak in March?"),
        ("If you open the hive too early, the brood gets cold within minutes.",
         "What happens if you open the hive too early?"),
        ("When you find a queen cup, you should look again in a week at the latest.",
         "What should you do when you find a queen cup?"),
        ("Propolis is a resin that bees collect from the buds of trees.", "What is propolis?"),
    ],
)  # fmt: skip
def test_a_statement_becomes_the_question_that_it_answers(said, question):
    answers = answers_to(transcript_of(f"Good morning to all of you. {said} Propolis is brown."))

    assert answers[question].startswith(f"**{said}**")


@pytest.mark.parametrize(
    "question",
    [
        "Why is it like that?",
        "What does this mean for them?",
        "How did he do it?",
        "You know?",
        "Right, what about the video?",
        "What do I think about my bees?",
    ],
)
def test_a_question_that_leans_on_its_context_does_not_stand_alone(question):
    assert not stands_alone(question)


def test_speech_without_punctuation_is_cut_where_thoughts_begin():
    run = (
        "the queen lays two thousand eggs a day in the month of june but the workers decide where "
        "she may lay them and then the nurses feed every one of them for six long days so the "
        "whole house smells of warm milk and it is the finest smell that I know in the world"
    )

    texts = [sentence.text for sentence in sentences_of(run)]

    assert texts[0] == "The queen lays two thousand eggs a day in the month of june."
    assert texts[1] == "The workers decide where she may lay them."
    assert all(len(text.split()) <= 34 for text in texts)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("so um the the bees uh are are fine", "The bees are fine."),
        ("[Music] And, you know, bees fly", "Bees fly."),
        ("a **bold** <b>claim</b>", "A bold bclaim/b."),
        ("is that so?", "Is that so?"),
    ],
)
def test_fillers_stutters_and_markup_are_not_read_out(said, read):
    assert readable(said) == read


def test_notes_before_the_heading_are_not_speech():
    text = "Chapters: 0:00 Start 1:45 End --- # Bees in March Bees wake in March. They fly out."

    texts = [sentence.text for sentence in sentences_of(text, title="Bees in March")]

    assert texts == ["Bees wake in March.", "They fly out."]


def test_a_question_from_elsewhere_is_answered_by_the_nearest_sentences():
    (draft,) = draft_answers(transcript_of(TOLD), [asked("Which grid of wire is for mice?")])

    assert draft.answer.startswith("**You keep mice out with a grid of wire.**")
    assert draft.quote == "You keep mice out with a grid of wire."


def test_a_question_that_shares_no_word_gets_no_answer():
    assert draft_answers(transcript_of(TOLD), [asked("Who won the football match?")]) == ()


def test_the_count_is_never_exceeded(sample_transcripts):
    for transcript in sample_transcripts[:4]:
        assert len(draft_questions(transcript, count=3)) == 3


def test_no_word_of_an_answer_is_invented(sample_transcripts):
    for transcript in sample_transcripts:
        said = set(bare(transcript.text).split())
        for draft in draft_answers(transcript, _drafted(transcript, 10)):
            assert set(bare(plain_text(draft.answer)).split()) <= said


def test_the_sample_passes_every_content_rule(sample_transcripts, config):
    kept = wanted = 0
    for transcript in sample_transcripts:
        count = min(8, planned_count(transcript, config.questions))
        drafts = draft_questions(transcript, count=count)
        questions, refused = accept_questions(
            drafts, transcript, config.channel, config.questions, "offline"
        )
        answers, dropped = accept_answers(
            draft_answers(transcript, questions),
            questions,
            transcript,
            config.channel,
            config.answers,
            "offline",
        )
        assert (refused, dropped) == ((), ())
        assert all(form_of(answer.answer).opens_bold for answer in answers)
        assert all(answer.evidence and answer.evidence.score == 100 for answer in answers)
        kept += len(answers)
        wanted += count
    assert kept > 0.9 * wanted


def test_real_transcripts_give_questions_that_keep_the_rules(real_channel: Path, config):
    counts: list[int] = []
    for path in sorted(real_channel.glob("*.json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        transcript = transcript_of(said["text"], title=said["title"])
        questions, _ = accept_questions(
            draft_questions(transcript, count=15),
            transcript,
            config.channel,
            config.questions,
            "offline",
        )
        answers, dropped = accept_answers(
            draft_answers(transcript, questions),
            questions,
            transcript,
            config.channel,
            config.answers,
            "offline",
        )
        assert {one.reason for one in dropped} <= {"too_short"}  # one sentence for a `how`
        counts.append(len(answers))
    assert min(counts) >= 1
    assert sum(counts) >= 4.5 * len(counts)


@given(st.text(min_size=1).filter(str.strip))
@settings(deadline=None)
def test_any_text_in_any_language_is_survived(text):
    transcript = transcript_of(text)

    drafts = draft_questions(transcript, count=5)

    assert len(drafts) <= 5
    assert len(draft_answers(transcript, _drafted(transcript, 5))) == len(drafts)


@pytest.mark.anyio
async def test_the_teacher_accounts_for_what_a_thin_talk_does_not_give(config):
    teacher = OfflineTeacher(config.channel, config.answers)
    transcript = transcript_of(TOLD)

    asked_for = await teacher.write_questions(transcript, count=9)
    answered = await teacher.write_answers(transcript, [asked("Who won the football match?")])

    assert len(asked_for.drafts) + len(asked_for.dropped) == 9
    assert [gone.reason for gone in answered.dropped] == ["missing"]
    assert teacher.name == "offline"
    assert teacher.fingerprint["kind"] == "offline"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def sample_transcripts(root) -> list[Transcript]:
    return read_sample(root)


def _drafted(transcript: Transcript, count: int) -> list[Question]:
    return [
        Question(
            id=f"{transcript.video_id}:q{number:02d}",
            video_id=transcript.video_id,
            question=draft.question,
            generator="offline",
        )
        for number, draft in enumerate(draft_questions(transcript, count=count), start=1)
    ]
