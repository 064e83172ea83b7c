"""The arms beside base and tuned model: what they are told, and the general questions."""

from __future__ import annotations

import pytest

from tests.support.proof import SETTINGS
from understudy.chat import ChatRow
from understudy.errors import RowError
from understudy.proof.agenda import Agenda
from understudy.proof.briefing import Briefing, briefed, briefing_of
from understudy.proof.general import general_rows, is_right, read_general
from understudy.proof.lineup import Lineup
from understudy.proof.plan import Models
from understudy.settings import ChannelSettings

CHANNEL = ChannelSettings(
    name="bees", speaker="Maren {Holt}", subject="bees", style="plain", language="en"
)
MODELS = Models(base="b", adapter="a")


def row(video, number=0, kind="original", system=None):
    turns = [{"role": "user", "content": f"Why {video}?"}, {"role": "assistant", "content": "So."}]
    head = [{"role": "system", "content": system}] if system else []
    return ChatRow(
        id=f"{video}:q{number:02d}", video_id=video, messages=tuple(head + turns), kind=kind
    )


def roles(found):
    return [turn["role"] for turn in found.messages]


def test_the_persona_takes_the_place_of_the_rows_system_prompt():
    briefing = briefing_of(CHANNEL, [], examples=3)

    found = briefed(row("a", system="Be brief."), "prompted", briefing)

    assert roles(found) == ["system", "user", "assistant"]
    assert found.messages[0]["content"].startswith("You are Maren {Holt} and answer")
    assert found.reference == "So."


def test_examples_are_originals_of_different_videos_and_stand_before_the_question():
    train = [row("a", 0, kind="short"), row("a", 1), row("a", 2), row("b"), row("c")]
    briefing = briefing_of(CHANNEL, train, examples=2)

    found = briefed(row("t", system="Be brief."), "examples", briefing)

    assert [one.id for one in briefing.shown] == ["a:q01", "b:q00"]
    assert roles(found) == ["system", *["user", "assistant"] * 3]
    assert found.question == "Why t?"


def test_base_and_tuned_are_asked_the_bare_question():
    briefing = Briefing(persona="You are Maren.", shown=(row("a"),))

    assert briefed(row("t"), "base", briefing) == briefed(row("t"), "tuned", briefing) == row("t")


def test_every_line_has_a_key_of_its_own():
    agenda = Agenda(
        test=(row("a"), row("b"), row("c")),
        probe=(row("x"), row("y")),
        general=general_rows(read_general(None), 4, None),
        lineup=Lineup(),
        briefing=Briefing(persona="You are Maren.", shown=(row("x"),)),
        models=MODELS,
        train_digest="t",
        settings=SETTINGS.model_copy(
            update={"arms": ("prompted", "examples"), "general_answers": 2, "max_questions": 2}
        ),
    )

    unigram, scored, swapped, answered = 3 + 4, 4 * 3 + 2 * 4, 2 * 3, 4 * 2 + 2 * 2
    probed = 2 * 2
    assert len(agenda.keys()) == unigram + scored + swapped + probed + answered
    assert [stint.arm for stint in agenda.stints()] == ["prompted", "examples", "base", "tuned"]


def test_the_suite_holds_sixty_questions_whose_references_are_right():
    suite = read_general(None)

    assert len(suite) >= 60
    assert len({one.row.id for one in suite}) == len(suite)
    assert [
        one.row.question for one in suite if not is_right(one.row.reference, one.accepted)
    ] == []
    assert {one.row.video_id for one in suite} == {
        f"general-{kind}"
        for kind in ("greeting", "arithmetic", "knowledge", "instruction", "refusal")
    }


def test_few_general_questions_are_of_every_kind():
    rows = general_rows(read_general(None), 10, "Be brief.")

    assert len({one.video_id for one in rows}) == 5
    assert {one.messages[0]["content"] for one in rows} == {"Be brief."}
    assert general_rows(read_general(None), 0, None) == ()


@pytest.mark.parametrize(
    ("answer", "right"),
    [("It is Paris.", True), ("PARIS", True), ("It is in comparison.", False), ("", False)],
)
def test_a_right_answer_holds_the_whole_word(answer, right):
    assert is_right(answer, ["paris"]) == right


def test_a_suite_of_ones_own_is_read_and_a_broken_line_named(tmp_path):
    path = tmp_path / "general.jsonl"
    path.write_text('{"question": "Hello?", "answer": "Hello."}\n')

    (found,) = read_general(path)

    assert (found.row.question, found.accepted) == ("Hello?", ())
    path.write_text("no row\n")
    with pytest.raises(RowError, match="no chat row"):
        read_general(path)
