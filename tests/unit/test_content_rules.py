"""The content rules on a planted corpus: every bad item falls for its rule, no good one falls."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.content_corpus import (
    BAD_ANSWERS,
    BAD_QUESTIONS,
    GOOD_ANSWERS,
    GOOD_QUESTIONS,
    GOOD_TEXTS,
    SALT,
    SOUND,
    SPEAKER,
    Pair,
)
from tests.support.rows import filter_settings, row_of
from tests.support.teachers import make_settings
from understudy.answers import Heard, Judgement, answer_problem, clean_answer, judge_answer
from understudy.quality import CHECKS, judge
from understudy.questions import accept_questions, clean_question, planned_count, question_problem
from understudy.records import Question
from understudy.teacher.protocol import DraftAnswer, DraftQuestion

SETTINGS = make_settings("http://127.0.0.1:1/v1", {"answers": {"foreign_terms": "drop"}})
CHANNEL = SETTINGS.channel.model_copy(update={"speaker": SPEAKER})


HEARD = {talk.video_id: Heard.of(talk) for talk in (SALT, SOUND)}


def judged(pair: Pair) -> Judgement:
    question = Question(
        id=f"{pair.talk.video_id}:q01",
        video_id=pair.talk.video_id,
        question=pair.question,
        generator="test",
    )
    draft = DraftAnswer(id=question.id, answer=pair.answer, quote=pair.quote)
    return judge_answer(draft, question, HEARD[pair.talk.video_id], CHANNEL, SETTINGS.answers)


def test_each_rule_is_planted_three_times_and_sixty_of_each_kind_in_all():
    rules = Counter([item.rule for item in BAD_QUESTIONS])
    others = Counter([item.rule for item in BAD_ANSWERS])

    assert min(rules.values()) >= 3
    assert min(others.values()) >= 3
    assert len(BAD_QUESTIONS) + len(BAD_ANSWERS) >= 60
    assert len(GOOD_QUESTIONS) + len(GOOD_ANSWERS) >= 60


@pytest.mark.parametrize("item", BAD_QUESTIONS, ids=lambda item: f"{item.rule}-{item.text[:30]}")
def test_a_bad_question_falls_for_its_rule(item):
    assert question_problem(clean_question(item.text), CHANNEL, item.others) == item.rule


@pytest.mark.parametrize("text", GOOD_QUESTIONS)
def test_a_good_question_stays(text):
    assert question_problem(clean_question(text), CHANNEL, ()) is None


def test_a_talk_gets_no_more_questions_than_it_deserves():
    drafts = [DraftQuestion(question=text) for text in GOOD_QUESTIONS]

    kept, refused = accept_questions(drafts, SALT, CHANNEL, SETTINGS.questions, "test")

    assert len(kept) == planned_count(SALT, SETTINGS.questions) <= len(drafts) - 3
    assert {one.reason for one in refused} == {"too_many"}


@pytest.mark.parametrize("pair", BAD_ANSWERS, ids=lambda pair: f"{pair.rule}-{pair.answer[-30:]}")
def test_a_bad_answer_falls_for_its_rule(pair):
    assert judged(pair).reason == pair.rule


@pytest.mark.parametrize("pair", GOOD_ANSWERS, ids=lambda pair: pair.question)
def test_a_good_answer_stays_with_its_evidence(pair):
    found = judged(pair)

    assert (found.reason, found.foreign_terms) == (None, ())
    assert found.evidence is not None


@pytest.mark.parametrize("text", GOOD_TEXTS, ids=lambda text: text[-40:])
def test_what_only_looks_like_a_fault_stays(text):
    assert answer_problem(clean_answer(text), CHANNEL, SETTINGS.answers) is None


@pytest.mark.parametrize("pair", GOOD_ANSWERS, ids=lambda pair: pair.question)
def test_the_filter_lets_a_good_pair_pass_too(pair):
    row = row_of(question=pair.question, answer=pair.answer)

    assert judge(row, filter_settings(), "en") == ()


# Without the transcript, and the filter does not know the speaker's name.
IMPORTED = [
    pair
    for pair in BAD_ANSWERS
    if pair.rule in {*CHECKS} - {"unsupported", "foreign_terms"} and "Brenner" not in pair.answer
]


@pytest.mark.parametrize(
    "pair",
    IMPORTED,
    ids=lambda pair: f"{pair.rule}-{pair.answer[-30:]}",
)
def test_the_filter_finds_in_imported_rows_what_the_passes_refuse(pair):
    row = row_of(question=pair.question, answer=pair.answer)

    assert pair.rule in judge(row, filter_settings(), "en")
