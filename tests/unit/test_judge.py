"""Answers compared by a judge: in both orders, paid once, quoted before, and freed from length."""

from __future__ import annotations

import json
import random

import pytest
from pydantic import ValidationError

from tests.support.openai_server import Behaviour, serve
from tests.support.proof import SETTINGS, make_questions
from tests.support.rows import row_of
from tests.support.teachers import make_settings, make_workspace
from understudy.preference import Judgement, Pair
from understudy.proof.judged import judging_of, with_judgements
from understudy.proof.measures.preference import preference
from understudy.proof.measures.resampled import measured
from understudy.teacher.money.expected import expected_pairs
from understudy.teacher.side_jobs import ANSWER_JUDGING


def pair(number, base, tuned):
    return Pair(
        id=f"v{number % 2}:q{number:02d}",
        video_id=f"v{number % 2}",
        question="Why do bees dance?",
        reference="To tell the others where to fly.",
        base=base,
        tuned=tuned,
    )


PAIRS = (
    pair(1, "so so", "BEST\n\n- of all"),
    pair(2, "BEST", "so so"),
    pair(3, "FIRST, base", "FIRST, tuned"),  # what stands first wins: a judge that has no opinion
    pair(4, "like this", "like that"),
    pair(5, "the same", "the same\n"),
)


async def judged(tmp_path, behaviour=None, times=1, **judge):
    server, runner = await serve(behaviour or Behaviour())
    try:
        named = {"questions": 9, "model": "gpt-6-luna", **judge}
        settings = make_settings(server.address, {"evaluate": {"judge": named}})
        workspace = make_workspace(tmp_path)
        offers, found = [], []
        for _ in range(times):
            offers.append(ANSWER_JUDGING.quote(settings, workspace, PAIRS))
            async with ANSWER_JUDGING.open(settings, workspace) as (worker, _):
                found.append(await worker.judge(PAIRS))
        return found, offers, server
    finally:
        await runner.cleanup()


@pytest.mark.anyio
async def test_both_orders_are_asked_paid_once_and_as_quoted(tmp_path):
    (first, second), (offer, left), server = await judged(tmp_path, times=2)

    assert first == second
    assert [(one.base_first, one.tuned_first, one.preferred) for one in first] == [
        ("tuned", "tuned", "tuned"),
        ("base", "base", "base"),
        ("base", "tuned", "same"),
        ("same", "same", "same"),
        ("same", "same", "same"),
    ]
    assert [one.judge for one in first] == [*["gpt-6-luna"] * 4, ""]
    assert first[0].why == ("It is second.", "It is first.")
    assert (len(server.completed), offer.calls, left.calls) == (8, 8, 0)
    assert {body["model"] for body in server.requests} == {"gpt-6-luna"}
    assert offer.cost_usd > 0 == left.cost_usd


@pytest.mark.anyio
async def test_it_is_shown_the_answers_with_their_lines_and_no_role(tmp_path):
    _, _, server = await judged(tmp_path)

    shown = [json.loads(body["messages"][-1]["content"]) for body in server.requests]

    assert {"BEST\n\n- of all", "so so"} in [{one["first"], one["second"]} for one in shown]
    assert all(one["reference"] == PAIRS[0].reference for one in shown)
    assert "bees" in server.requests[0]["messages"][0]["content"]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["wrong_ids", "refusal", "empty"])
async def test_a_pair_of_which_nothing_usable_was_said_is_left_out(tmp_path, kind):
    (found,), _, _ = await judged(tmp_path, Behaviour(faults=1.0, kinds=(kind,)))

    assert [one.id for one in found] == [PAIRS[4].id]  # nobody was asked about that one


def test_the_teachers_key_goes_to_no_other_server():
    with pytest.raises(ValidationError, match="so that the teacher's is not sent there"):
        SETTINGS.judge.model_validate(
            {**SETTINGS.judge.model_dump(), "base_url": "https://example.org/v1"}
        )


def test_a_quote_expects_as_many_pairs_as_will_be_shown():
    rows = [row_of(f"v{n}:q01", part="test" if n % 2 else "train") for n in range(10)]
    rows.append(row_of("v11:q01", part="test", status="dropped", reason="empty"))

    def expected(**judge):
        settings = make_settings("http://127.0.0.1:1/v1", {"evaluate": {"judge": judge}})
        return [one.id for one in expected_pairs(settings, rows)]

    assert expected(questions=0) == []
    assert expected(questions=3) == ["v1:q01", "v3:q01", "v5:q01"]
    assert len(expected(questions=100)) == 5


# --- what judgements come to ------------------------------------------------------


def said(number, base_first, tuned_first, judge="m"):
    return Judgement(
        id=f"v1:q{number:02d}", judge=judge, base_first=base_first, tuned_first=tuned_first
    )


def test_wins_ties_changes_of_mind_and_the_pull_of_the_first_place_are_counted():
    found = judging_of(
        [
            said(1, "tuned", "tuned"),
            said(2, "base", "base"),
            said(3, "base", "tuned"),
            said(4, "same", "tuned"),
            said(5, "same", "same", judge=""),
        ],
        shown=7,
    )

    assert (found.shown, found.judged, found.tuned, found.base, found.changed) == (7, 5, 1, 1, 2)
    assert found.first == pytest.approx(5 / 7)  # of seven choices that are none of `same`
    assert judging_of([], shown=7) is None


def taste(questions, likes):
    """What a judge says that prefers one answer or the other by a rule."""
    return with_judgements(
        questions,
        [
            Judgement(id=one.id, judge="m", base_first=choice, tuned_first=choice)
            for one in questions
            for choice in (likes(one),)
        ],
    )


def with_lengths(draw, *, videos=12, each=8):
    """Questions whose tuned answers are mostly, and not always, the longer ones."""
    made = make_questions(videos=videos, each=each)
    return [
        one.model_copy(
            update={
                "tuned": one.tuned.model_copy(update={"text": "word " * draw.randint(12, 60)}),
                "base": one.base.model_copy(update={"text": "word " * draw.randint(8, 30)}),
            }
        )
        for one in made
    ]


def measured_by(questions):
    return {name: measured(one, questions, SETTINGS) for name, one in preference(questions).items()}


def longer_wins(one):
    return "tuned" if len(one.tuned.text) > len(one.base.text) else "base"


def test_a_judge_of_length_alone_prefers_nobody_at_equal_length():
    found = measured_by(taste(with_lengths(random.Random(3)), longer_wins))

    plain, controlled = found["judge_preference"], found["judge_preference_by_length"]
    assert plain.tuned > 0.75
    assert plain.ci95[0] > 0
    assert controlled.tuned == pytest.approx(0.5, abs=0.1)
    assert controlled.ci95[0] < 0 < controlled.ci95[1]


def test_a_judge_of_content_alone_stays_with_its_preference_at_equal_length():
    draw = random.Random(4)
    found = measured_by(
        taste(with_lengths(draw), lambda _: "tuned" if draw.random() < 0.8 else "base")
    )

    plain, controlled = found["judge_preference"], found["judge_preference_by_length"]
    assert controlled.tuned == pytest.approx(plain.tuned, abs=0.12)
    assert controlled.ci95[0] > 0
    assert controlled.base == pytest.approx(1 - controlled.tuned)


def test_length_is_not_taken_out_where_one_model_is_always_longer():
    questions = [
        one.model_copy(update={"tuned": one.tuned.model_copy(update={"text": "word " * 70})})
        for one in with_lengths(random.Random(5))
    ]

    assert list(measured_by(taste(questions, longer_wins))) == ["judge_preference"]


def test_an_answer_is_preferred_in_both_places_or_it_is_a_tie():
    first, *_ = make_questions()
    scores = {
        choices: with_judgements(
            [first],
            [Judgement(id=first.id, judge="m", base_first=choices[0], tuned_first=choices[1])],
        )[0]
        for choices in (("tuned", "tuned"), ("base", "base"), ("base", "tuned"), ("same", "tuned"))
    }

    assert [(one.base.preferred, one.tuned.preferred) for one in scores.values()] == [
        (0.0, 1.0),
        (1.0, 0.0),
        (0.5, 0.5),
        (0.5, 0.5),
    ]
