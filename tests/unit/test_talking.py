"""A conversation in a terminal, with a model that says what it was asked."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from understudy.talking.terminal import Talk, TalkSpec


class Echo:
    """Answers with the arm and the questions it remembers; may be interrupted."""

    def __init__(self, *, pieces=None, interrupt=False):
        self.on = None
        self.asked = []
        self.pieces = pieces
        self.interrupt = interrupt

    def adapter(self, *, on):
        self.on = on

    def speak(self, messages, *, max_tokens):
        self.asked.append([(one["role"], one["content"]) for one in messages])
        yield from self.pieces or ["tuned" if self.on else "base", " says."]
        if self.interrupt:
            raise KeyboardInterrupt


@pytest.fixture
def talk():
    def make(speaker=None, *, terminal=False, system_prompt=None, both=False):
        spec = TalkSpec(
            base=Path("b"), adapter=Path("a"), system_prompt=system_prompt, both=both, max_tokens=9
        )
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=60, highlight=False)
        return Talk(speaker or Echo(), console, spec), out

    return make


def test_the_tuned_model_answers_and_remembers(talk):
    one, out = talk()

    assert one.take("first?")
    assert one.take("second?")

    assert "tuned says." in out.getvalue()
    assert one.speaker.asked[1] == [
        ("user", "first?"),
        ("assistant", "tuned says."),
        ("user", "second?"),
    ]


def test_a_new_conversation_remembers_nothing(talk):
    one, _ = talk()

    for line in ("first?", "/new", "second?"):
        one.take(line)

    assert one.speaker.asked[-1] == [("user", "second?")]


def test_the_system_prompt_of_the_training_stands_first(talk):
    one, _ = talk(system_prompt="Speak plainly.")

    one.take("why?")

    assert one.speaker.asked[0][0] == ("system", "Speak plainly.")


@pytest.mark.parametrize("terminal", [False, True])
def test_both_answer_each_with_its_own_memory(talk, terminal):
    one, out = talk(terminal=terminal)

    for line in ("/both", "first?", "second?"):
        one.take(line)

    assert "base says." in out.getvalue()
    assert "tuned says." in out.getvalue()
    assert one.speaker.asked[2][1] == ("assistant", "base says.")
    assert one.speaker.asked[3][1] == ("assistant", "tuned says.")


def test_in_a_terminal_both_stand_side_by_side(talk):
    one, out = talk(terminal=True, both=True)

    one.take("why?")

    assert any(
        "base says." in line and "tuned says." in line for line in out.getvalue().splitlines()
    )


def test_an_interrupted_answer_stands_as_far_as_it_came(talk):
    one, _out = talk(Echo(interrupt=True))

    assert one.take("why?")
    one.speaker.interrupt = False
    one.take("and then?")

    assert one.speaker.asked[1][1] == ("assistant", "tuned says.")


def test_model_text_cannot_speak_to_the_terminal(talk):
    one, out = talk(Echo(pieces=["a\x1b[2Jb\x07c\nd\te [red]f"]))

    one.take("why?")

    assert "a[2Jbc\nd       e [red]f" in out.getvalue()


def test_commands_are_no_questions_and_quit_ends(talk):
    one, out = talk()

    assert [one.take(line) for line in ("/help", "/what", "  ", "/quit")] == [
        True,
        True,
        True,
        False,
    ]
    assert one.speaker.asked == []
    assert "/new" in out.getvalue()
