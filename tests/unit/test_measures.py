from __future__ import annotations

import json
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.proof import FORMED, PLAIN, SETTINGS, arm, question
from understudy.proof.measures.form import seed_score
from understudy.proof.measures.table import measure_all
from understudy.proof.texts import (
    copied_share,
    distinct_share,
    particular_spans,
    repeated_share,
    shared_content,
)


def measured(questions, train=()):
    return measure_all(questions, train_answers=train, settings=SETTINGS)


def test_loss_weighs_tokens():
    questions = [
        question("a", base=arm(30, 10), tuned=arm(10, 10)),
        question("b", base=arm(10, 30), tuned=arm(5, 30)),
    ]

    loss = measured(questions)["loss_per_token"]

    assert (loss.base, loss.tuned, loss.diff) == pytest.approx((1.0, 15 / 40, -25 / 40))
    assert (loss.n_videos, loss.n_rows, loss.ci95) == (2, 2, None)


def test_loss_takes_all_questions_and_form_only_the_answered():
    silent = question("c", base=arm(1, text=None), tuned=arm(1, text=None))

    found = measured([question("a"), question("b"), silent])

    assert found["loss_per_token"].n_rows == 3
    assert found["form_match"].n_rows == 2


def test_without_any_answer_there_is_only_the_loss():
    silent = question("c", base=arm(1, text=None), tuned=arm(1, text=None))

    assert list(measured([silent])) == ["loss_per_token", "loss_per_answer"]


def test_the_form_of_the_references_is_no_distance_away():
    found = measured([question("a"), question("b"), question("c")])

    assert found["form_distance"].tuned == 0
    assert found["form_distance"].base == pytest.approx(3 / 4)  # bold, list, paragraphs; no heading
    assert found["form_match"].baseline == 1  # every other reference has the same form
    assert found["form_bold"].reference == 1


def test_a_dash_in_prose_is_no_list():
    assert seed_score("well - so they dance * and more") == 0
    assert seed_score(FORMED) == 3


def test_a_constant_length_is_reported_beside_the_length_error():
    questions = [
        question("a", reference="one two three"),
        question("b", reference="one two three four five six seven"),
    ]

    found = measured(questions)["length_error"]

    assert found.baseline == pytest.approx((log2(6 / 4) + log2(8 / 6)) / 2)
    assert found.baseline_is == "always 5 words"


def test_an_answer_cut_by_the_limit_did_not_end():
    cut = arm(finish_reason="length")
    found = measured([question("a", tuned=cut), question("b")])["ended"]

    assert (found.base, found.tuned) == (1.0, 0.5)


def test_the_unigram_baseline_needs_every_question():
    both = [question("a", unigram_loss=50.0), question("b", unigram_loss=70.0)]

    assert measured(both)["loss_per_token"].baseline == pytest.approx(120 / 20)
    assert measured([both[0], question("b")])["loss_per_token"].baseline is None


def test_interval_holds_the_difference_and_ignores_the_order_of_rows():
    questions = [
        question(video, number, tuned=arm(10 + place + number))
        for place, video in enumerate("abcdef")
        for number in range(3)
    ]

    found = measured(questions)["loss_per_token"]
    shuffled = measured(sorted(questions, key=lambda one: one.id[-2:]))["loss_per_token"]

    assert found.ci95[0] < found.diff < found.ci95[1]
    assert shuffled.ci95 == pytest.approx(found.ci95)


def test_spans_of_training_answers_are_found_in_the_answer():
    train = "the queen leaves the hive in may when the lime trees bloom"
    answer = "I say: the queen leaves the hive in May when, and nothing more."

    share = copied_share(answer, particular_spans([("a", train)]))

    assert share == pytest.approx(8 / 13)
    assert copied_share(PLAIN, particular_spans([("a", train)])) == 0


def test_what_several_videos_say_is_no_memory_of_one():
    stock = "it is like a coat in march you open it"
    told = [("a", stock), ("a", f"{stock} again"), ("b", stock)]

    assert copied_share(stock, particular_spans(told[:2])) == 1
    assert copied_share(stock, particular_spans(told)) == 0


def test_shared_content_ignores_small_words_and_length():
    assert shared_content("the bees dance", "a dance of bees") == 1
    assert shared_content("bees", "bees dance slowly home") == pytest.approx(2 / 5)
    assert shared_content("the", "of") == 0


def test_content_is_held_against_the_reference_of_another_video():
    questions = [
        question("a", reference="bees dance", tuned=arm(text="bees dance")),
        question("b", reference="queens dance", tuned=arm(text="nothing")),
    ]

    found = measured(questions)["content_match"]

    assert found.tuned == pytest.approx(0.5)
    assert found.baseline == pytest.approx(0.5)


def test_a_loop_is_nearly_all_repetition():
    assert repeated_share("to the hive " * 20) > 0.9
    assert repeated_share("each word stands here once") == 0
    assert distinct_share("to the hive " * 20) < 0.1


@given(st.text())
def test_figures_of_any_text_are_shares(text):
    for figure in (repeated_share(text), distinct_share(text), copied_share(text, frozenset())):
        assert 0 <= figure <= 1


def test_measures_of_any_answer_are_json():
    odd = [question(video, tuned=arm(text="")) for video in "abc"]

    for one in measured(odd).values():
        json.dumps(one.model_dump(mode="json"), allow_nan=False)
