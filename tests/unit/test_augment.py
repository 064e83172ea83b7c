"""Variants are for train alone, differ from everything held out, and are made once."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rows import (
    GOOD,
    augment_settings,
    divided,
    filter_settings,
    many_rows,
    real_answers,
    row_of,
    split_settings,
)
from understudy.augment import checked_variants
from understudy.dedup import normalise
from understudy.errors import RowError
from understudy.paraphrase import RuleWriter, paraphrase, short_answer
from understudy.records import ROW_ID
from understudy.replay import read_replays, replayed
from understudy.rows import kept, rows_of
from understudy.split import HELD_OUT
from understudy.variants import TONES, ordered, variant_rows

CHECKS = filter_settings(off_topic="flag")


def planned(rows, language="en", **changes):
    """Drafts by the rules, as rows."""
    settings = augment_settings(**changes)
    orders = ordered(rows, settings, transcribed=())
    writer = RuleWriter(language=language, seed=settings.seed)
    written = asyncio.run(writer.write(orders))
    named = [one.id for one in (*written.drafts, *written.dropped)]
    assert sorted(named) == sorted(order.id for order in orders)
    return list(variant_rows(orders, written.drafts, rows, language))


def checked(drafts, rows):
    return list(checked_variants(drafts, rows, checks=CHECKS, language="en", threshold=0.8))


@pytest.fixture
def rows():
    return divided(many_rows(20), split_settings())[0]


def test_only_originals_in_train_get_variants(rows):
    variants = planned(rows)

    train = {row.id for row in kept(rows) if row.part == "train"}
    assert {row.source_id for row in variants} == train
    assert all(row.part == "train" and row.kind != "original" for row in variants)
    assert all(ROW_ID.fullmatch(row.id) and row.id.startswith(row.source_id) for row in variants)


def test_a_second_run_adds_none(rows):
    first = checked(planned(rows), rows)

    assert first
    assert planned([*rows, *first]) == []


def test_shares_choose_the_same_rows_whatever_else_is_there(rows):
    half = {row.source_id for row in planned(rows, share=0.5, short_answers=0)}
    of_some = {row.source_id for row in planned(rows[:30], share=0.5, short_answers=0)}

    assert 0.2 < len(half) / len({row.source_id for row in planned(rows)}) < 0.8
    assert of_some == half & {row.id for row in rows[:30]}


def test_another_seed_is_another_choice(rows):
    first, other = (planned(rows, share=0.5, seed=seed) for seed in (1, 2))

    assert [row.question for row in first] != [row.question for row in other]


def test_with_everything_off_there_are_none(rows):
    assert planned(rows, paraphrases=0, short_answers=0) == []


# --- what must not enter train -----------------------------------------------------


def test_a_variant_equal_to_its_source_is_dropped():
    source = row_of(part="train")
    draft = row_of("vid:q01:p1", source_id="vid:q01", kind="paraphrase", part="train")

    [one] = checked([draft], [source])

    assert (one.status, one.reason, one.part) == ("dropped", "equals_source", None)


def test_a_variant_near_a_held_out_question_is_dropped():
    held = row_of("w:q01", part="test", question="Why does old wax turn dark brown?")
    source = row_of(part="train")
    draft = row_of(
        "vid:q01:p1",
        source_id="vid:q01",
        kind="paraphrase",
        part="train",
        question="Why does old wax turn brown?",
    )

    [one] = checked([draft], [source, held])

    assert one.reason == "near_heldout"


def test_two_equal_variants_are_one():
    source = row_of(part="train")
    drafts = [
        row_of(
            f"vid:q01:p{n}",
            source_id="vid:q01",
            kind="paraphrase",
            part="train",
            question="Is it so?",
        )
        for n in (1, 2)
    ]

    assert [row.reason for row in checked(drafts, [source])] == [None, "duplicate_row"]


def test_a_variant_must_pass_the_checks_its_source_passed():
    source = row_of(part="train")
    draft = source.model_copy(
        update={"id": "vid:q01:p1", "kind": "paraphrase", "question": "Tell the transcript"}
    )
    worse = draft.model_copy(
        update={"answer": "The transcript says that bees keep it dry all night."}
    )

    [one] = checked([worse], [source])

    assert one.reason == "mentions_source"


# --- wording -----------------------------------------------------------------------


@given(st.text(min_size=1), st.integers(0, 6), st.text(max_size=5))
def test_wordings_are_few_different_and_repeatable(question, count, seed):
    wordings = paraphrase(question, count=count, seed=seed)

    assert wordings == paraphrase(question, count=count, seed=seed)
    assert len(wordings) <= count
    assert len(set(wordings)) == len(wordings)
    assert question not in wordings


@pytest.mark.parametrize(
    ("question", "wording"),
    [
        ("What is the best way to store honey?", "How can I best store honey?"),
        ("How do I keep mice out?", "What is a good way to keep mice out?"),
        ("Why do bees dance?", "Why exactly do bees dance?"),
        ("What's a nuc?", "What is a nuc?"),
        ("Do bees sleep?", "Just curious: do bees sleep?"),
        ("Maren says bees sleep, right?", "Just curious: Maren says bees sleep, right?"),
    ],
)
def test_rules_keep_the_grammar(question, wording):
    assert wording in paraphrase(question, count=50, seed="")


def test_another_language_is_framed_in_it():
    assert "Kurze Frage: Was ist Wachs?" in paraphrase(
        "Was ist Wachs?", count=9, seed="", language="de"
    )


def test_a_short_answer_is_asked_for_in_the_questions_language():
    source = row_of(
        part="train",
        question="Was ist Wachs?",
        answer="**Ein Stoff.**\n\nBienen machen ihn.\n\nUnd sie bauen daraus ihre Waben im Stock.",
    )

    [short] = planned([source], language="de-AT", paraphrases=0)

    assert short.question == "Was ist Wachs? Bitte antworte kurz."


def test_tones_take_turns_and_begin_anywhere(rows):
    orders = ordered(rows, augment_settings(paraphrases=3, short_answers=0), transcribed=())

    assert {order.tone for order in orders if order.id.endswith(":p1")} == set(TONES)
    per_row = [[o.tone for o in orders if o.source_id == row.id] for row in rows]
    assert all(set(tones) == set(TONES) for tones in per_row if tones)


def test_only_rows_with_a_transcript_are_ordered_at_length(rows):
    settings = augment_settings(paraphrases=0, short_answers=0, long_answers=1.0)
    video = next(row.video_id for row in rows if row.part == "train")

    orders = ordered(rows, settings, transcribed={video})

    assert {order.video_id for order in orders} == {video}
    assert {order.kind for order in orders} == {"long"}


def test_a_short_answer_is_the_lead_and_one_paragraph():
    assert short_answer(GOOD) == "\n\n".join(GOOD.split("\n\n")[:2]) or short_answer(GOOD) is None
    long = "**Yes.**\n\nBecause of this.\n\nAnd because of much more that follows here, at length."
    assert short_answer(long) == "**Yes.**\n\nBecause of this."


@pytest.mark.parametrize(
    "answer", ["**Yes.**\n\nBecause.", "**Yes.**\n\nIn three ways:\n\n- a\n- b\n- c"]
)
def test_no_short_answer_where_it_would_not_stand_alone(answer):
    assert short_answer(answer) is None


# --- replay ------------------------------------------------------------------------


def test_replay_rows_are_read_in_every_form_and_go_to_train(tmp_path, rows):
    path = tmp_path / "chat.jsonl"
    turns = [{"role": "user", "content": "Hi there?"}, {"role": "assistant", "content": "Hello."}]
    lines = [
        {"messages": [{"role": "system", "content": "x"}, *turns]},
        {"question": "Two and two?", "answer": "Four."},
        {"instruction": "Name a colour.", "output": "Blue."},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    made = checked(replayed(read_replays(path), rows, augment_settings(replay_share=1)), rows)

    assert {(row.question, row.answer) for row in made} == {
        ("Hi there?", "Hello."),
        ("Two and two?", "Four."),
        ("Name a colour.", "Blue."),
    }
    assert all((row.kind, row.part, row.status) == ("replay", "train", "kept") for row in made)
    assert replayed(read_replays(path), [*rows, *made], augment_settings(replay_share=1)) == []


def test_a_replay_line_that_is_no_chat_is_named(tmp_path):
    path = tmp_path / "chat.jsonl"
    path.write_text('{"question": "a", "answer": "b"}\n{"text": "c"}\n')

    with pytest.raises(RowError, match=r"chat\.jsonl, line 2"):
        read_replays(path)


# --- the real rows -----------------------------------------------------------------


def test_no_variant_of_the_real_rows_touches_what_is_held_out(real_pairs):
    rows, _ = divided(rows_of(real_answers(real_pairs)), split_settings())
    drafts = planned(rows, share=0.3, short_answers=0.3)

    variants = kept(checked(drafts, rows))

    sources = {row.id: row for row in kept(rows)}
    held = {normalise(row.question, "full") for row in sources.values() if row.part in HELD_OUT}
    assert len(variants) > 800
    assert all(sources[row.source_id].part == "train" for row in variants)
    assert all(row.question != sources[row.source_id].question for row in variants)
    assert held.isdisjoint(normalise(row.question, "full") for row in variants)
