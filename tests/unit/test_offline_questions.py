"""What the offline teacher asks: questions that carry the words of their own sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.rows import dedup_settings
from understudy.dedup import deduplicate_rows
from understudy.records import Row, Segment, Transcript
from understudy.teacher.offline.phrases import phrases_of
from understudy.teacher.offline.predicates import question_of_predicate
from understudy.teacher.offline.sentences import sentences_of, torn
from understudy.teacher.offline.teacher import draft_questions


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("You should close the lid at once when the brood gets cold in the wind",
         "What should you do when the brood gets cold in the wind?"),
        ("You protect young colonies by making the entrance narrow",
         "How do you protect young colonies?"),
        ("You need a second person to move a full hive across the yard",
         "What do you need to move a full hive across the yard?"),
        ("Winter colonies need dry air to survive the frost of February",
         "What do winter colonies need to survive the frost of February?"),
        ("Formic acid changes the smell of the whole colony",
         "What changes the smell of the whole colony?"),
        ("Formic acid can change the smell of the whole colony, which lasts for a week",
         "What can change the smell of the whole colony?"),
        ("Agents are not as easy as plain prompting",
         "Are agents as easy as plain prompting?"),
    ],
)  # fmt: skip
def test_a_question_keeps_the_predicate_of_its_sentence(said, question):
    made = question_of_predicate(said, sentences_of(said + "."))

    assert made is not None
    assert made[0] == question


@pytest.mark.parametrize(
    "said",
    [
        "It changes the smell of the whole colony",
        "The result reduces the cost of the whole colony",
        "Support costs are going to explode within a year of that",
        "Leadership is responsible for establishing the kind of careful, thoughtful practice",
        "Formic acid changes it",
    ],
)
def test_a_sentence_that_leans_on_its_context_gives_no_question(said):
    assert question_of_predicate(said, sentences_of(said + ".")) is None


@pytest.mark.parametrize(
    ("said", "phrases"),
    [
        ("They wrote about the societal implications of bee communities.",
         ["the societal implications of bee communities"]),
        ("We saw a settlement agreement after the appeal.",
         ["a settlement agreement", "the appeal"]),
        ("Last week it rained in April and in Berlin.", ["Berlin"]),
        ("We are serving guests, building houses.", []),
    ],
)  # fmt: skip
def test_noun_phrases_keep_what_narrows_them(said, phrases):
    assert [one.text for one in phrases_of(said)] == phrases


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("That you should not tear out the plumbing.", True),
        ("Because the queen rests.", True),
        ("Because the queen rests, the cluster burns low.", False),
        ("They are told apart in the tool. what I would call artificial.", True),
        ("Apple is trying to get glasses shipped., At least, that is the rumour.", True),
        ("Wax, honey, propolis etc. are made by bees.", False),
        ("What matters is a dry hive.", False),
        ("That hive is empty.", False),
    ],
)
def test_a_clause_without_its_main_clause_is_torn(text, broken):
    assert torn(text) is broken


def test_a_torn_sentence_does_not_open_an_answer():
    text = (
        "Good morning to you all. Does the young queen fly in the wind? Because workers feel it in "
        "the morning air. The old queen stays where she is. Propolis is a resin that bees collect."
    )

    sentences = sentences_of(text)

    assert not next(s for s in sentences if s.text.startswith("Because")).sound


def test_few_questions_of_real_talks_resemble_each_other(real_channel):
    drafted = [
        (path.stem[:11], number, draft.question)
        for path in sorted(real_channel.glob("*.json"))
        for number, draft in enumerate(draft_questions(transcript_at(path), count=8))
    ]
    rows = [
        Row(
            id=f"{video}:q{number:02d}", source_id=f"{video}:q{number:02d}", video_id=video,
            video_title="", question=question, answer=f"{question} {video}", generator="offline",
        )
        for video, number, question in drafted
    ]  # fmt: skip

    found = deduplicate_rows(rows, dedup_settings(), defects=lambda _: 0)

    lost = sum(row.status == "dropped" for row in found.rows)
    assert lost < 0.1 * len(rows)
    talks = [sum(video == one for one, _, _ in drafted) for video in {v for v, _, _ in drafted}]
    assert sum(count >= 3 for count in talks) >= 20


def transcript_at(path: Path) -> Transcript:
    said = json.loads(path.read_text(encoding="utf-8"))
    return Transcript(
        video_id=path.stem[:11], title=said["title"], language="en", origin="local",
        timing="estimated", duration_s=60.0,
        segments=(Segment(start=0.0, end=60.0, text=said["text"]),),
    )  # fmt: skip
