from __future__ import annotations

import pytest

from tests.support.proof import SETTINGS
from understudy.chat import ChatRow
from understudy.errors import EvaluationError
from understudy.proof.conclude import conclude
from understudy.proof.curve import curve_of
from understudy.proof.inputs import Inputs
from understudy.proof.journal import open_journal, read_lines
from understudy.proof.plan import Models, generation_key, score_key, spread, swapped
from understudy.proof.records import ARMS, GenerationLine, ScoreLine

MODELS = Models(base="b", adapter="a")


def row(video, number=0, question="Why?", answer="Because bees dance."):
    messages = ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
    return ChatRow(id=f"{video}:q{number:02d}", video_id=video, messages=messages)


def inputs(test, train=(), *, losses=None):
    """Raw lines for these rows: base at 2 nats a token, tuned at 1, unless told otherwise."""
    losses = losses or {"base": 20.0, "tuned": 10.0}
    scores = tuple(
        ScoreLine(key=score_key(one, arm, MODELS), id=one.id, arm=arm, loss=losses[arm], tokens=10)
        for one in test
        for arm in ARMS
    )
    generations = tuple(
        GenerationLine(
            key=generation_key(one, arm, MODELS, max_tokens=SETTINGS.max_tokens),
            id=one.id,
            arm=arm,
            text="Because bees dance.",
            finish_reason="stop",
            tokens=4,
        )
        for one in test
        for arm in ARMS
    )
    return Inputs(
        run="run",
        dataset="d",
        train=train or (row("other", question="Who?", answer="The queen."),),
        valid=(),
        test=test,
        train_digest="t",
        titles={"a": "Talk <b>A</b>"},
        scores=scores,
        generations=generations,
        models=MODELS,
        metrics=None,
        settings=SETTINGS,
    )


def after_another(rows, nats):
    """Lines of the base for rows that stand after another video's question."""
    return tuple(
        ScoreLine(key=score_key(one, "base", MODELS), id=one.id, arm="base", loss=nats, tokens=10)
        for one in swapped(rows).values()
    )


TEST = tuple(row(video, number) for video in "abcd" for number in range(2))


def test_unseen_rows_give_a_verdict_and_their_facts():
    found = conclude(inputs(TEST))

    assert found.verdict == "LEARNED"
    assert found.measures["loss_per_token"].diff == pytest.approx(-1.0)
    assert [one.id for one in found.questions] == [one.id for one in TEST]
    assert found.questions[0].video_title == "Talk <b>A</b>"


def test_a_test_row_copied_into_train_voids_the_comparison():
    copied = row("elsewhere", question="  WHY? ", answer="because bees DANCE.")

    found = conclude(inputs(TEST, train=(copied,)))

    assert found.verdict == "INVALID"
    assert found.controls.shared_rows == len(TEST)


@pytest.mark.parametrize(("nats", "verdict"), [(26.0, "LEARNED"), (20.1, "INVALID")])
def test_training_answers_must_belong_to_their_questions(nats, verdict):
    """The base finds a held-out answer 0.6 nats a token likelier after its own question."""
    train = tuple(
        row(video, number, f"Who, {video}?", f"The {video}, {number}.")
        for video in "wxyz"
        for number in range(2)
    )
    whole = inputs(TEST, train)
    own = inputs(train).scores
    tuned_elsewhere = tuple(
        one.model_copy(
            update={"arm": "tuned", "key": score_key(swapped(TEST)[one.id[:-3]], "tuned", MODELS)}
        )
        for one in after_another(TEST, 16.0)
    )
    scores = (
        *whole.scores,
        *after_another(TEST, 26.0),
        *tuned_elsewhere,
        *own,
        *after_another(train, nats),
    )

    found = conclude(whole.model_copy(update={"scores": scores}))

    assert found.verdict == verdict
    assert found.controls.heeds_train.value == pytest.approx((nats - 20) / 10)
    assert found.controls.heeds_held_out.value == pytest.approx(0.6)
    assert [row.supports for row in found.reasons if row.name == "belongs"] == [
        verdict == "LEARNED"
    ]


def test_a_video_on_both_sides_voids_the_comparison():
    found = conclude(inputs(TEST, train=(row("a", 9, question="Who?", answer="She."),)))

    assert (found.verdict, found.controls.shared_videos) == ("INVALID", 1)


def test_two_videos_are_too_few():
    found = conclude(inputs(TEST[:4]))

    assert found.verdict == "INVALID"
    assert found.reasons[1].says.startswith("Held-out videos: 2, and 3 are the least")


def test_losses_that_are_no_numbers_void_the_comparison_and_stay_out_of_the_file():
    found = conclude(inputs(TEST, losses={"base": 20.0, "tuned": float("nan")}))

    assert found.verdict == "INVALID"
    assert found.controls.not_finite == len(TEST)
    assert (found.measures, found.questions) == ({}, ())
    assert "NaN" not in found.model_dump_json()


def test_a_row_that_was_not_scored_is_named():
    whole = inputs(TEST)

    with pytest.raises(EvaluationError, match="a:q00 was not scored by base"):
        conclude(whole.model_copy(update={"scores": whole.scores[1:]}))


def test_lines_of_another_adapter_do_not_count():
    other = inputs(TEST).model_copy(update={"models": Models(base="b", adapter="new")})

    with pytest.raises(EvaluationError, match="tuned"):
        conclude(other)


def test_questions_are_spread_evenly_over_videos():
    rows = [row("a", number) for number in range(8)] + [row("b", number) for number in range(3)]

    chosen = spread(rows, 6)

    assert [one.id for one in chosen] == ["a:q00", "a:q01", "a:q02", "b:q00", "b:q01", "b:q02"]
    assert spread(rows, None) == tuple(rows)


def test_the_curve_is_read_with_gaps_and_without_what_is_no_number():
    metrics = {
        "iterations": [0, 5, 10, 15, 20],
        "train_loss": [None, 4.0, 3.0, None, 2.0],
        "val_loss": [5.0, None, 2.5, float("nan"), 3.0],
    }

    curve = curve_of(metrics)

    assert (curve.updates, curve.train_first, curve.train_last) == (20, 4.0, 2.0)
    assert (curve.val_first, curve.val_best, curve.val_best_at, curve.val_last) == (
        5.0,
        2.5,
        10,
        3.0,
    )
    assert curve.diverged
    assert curve_of(None) is None
    assert curve_of({"iterations": []}) is None


def line(key):
    return ScoreLine(key=key, id="a:q00", arm="base", loss=1.0, tokens=1)


def test_a_torn_line_and_one_no_longer_wanted_are_left_out(tmp_path):
    path = tmp_path / "scores.jsonl"
    with open_journal(path, ScoreLine, {"one", "old"}) as journal:
        journal.append(line("one"))
        journal.append(line("old"))
    path.write_bytes(path.read_bytes() + b'{"key": "to')

    with open_journal(path, ScoreLine, {"one", "two"}) as journal:
        assert set(journal.keys) == {"one"}
        journal.append(line("two"))

    assert [one.key for one in read_lines(path, ScoreLine)] == ["one", "two"]
