"""Ollama's Modelfile, its template cut out of what the base's own template renders.

A template of ours for each family would drift from the base's. So one turn is
rendered with marks in the place of system, question and answer, and what stands
around the marks is the template, whatever family it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from understudy.errors import ExportError
from understudy.training.chat import Message

SYSTEM, USER, ANSWER = "understudySystemMark", "understudyUserMark", "understudyAnswerMark"

Render = Callable[[Sequence[Message]], str]
"""Text of a prompt for messages that end with the user's, of a whole turn for others."""


@dataclass(frozen=True)
class Turn:
    """What stands around system, question and answer."""

    before_system: str
    between: str
    """System to question."""
    before_user: str
    """Without a system message."""
    after_user: str
    """Up to where the model answers."""
    after_answer: str


def cut(render: Render, *, begin: str | None) -> Turn:
    """Cut a template into the parts of one turn.

    Args:
        begin: The token that the server puts first by itself: it must not come twice.

    Raises:
        ExportError: The template does not render the marks as they are.
    """
    user: Message = {"role": "user", "content": USER}
    answer: Message = {"role": "assistant", "content": ANSWER}
    plain = _parts(render([user]), USER)
    whole = _parts(render([{"role": "system", "content": SYSTEM}, user]), SYSTEM, USER)
    end = _parts(render([user, answer]), USER, ANSWER)[2]
    if whole[2] != plain[1]:
        raise ExportError(
            "the chat template ends a prompt otherwise when there is a system message"
        )
    return Turn(
        before_system=_without(whole[0], begin),
        between=whole[1],
        before_user=_without(plain[0], begin),
        after_user=plain[1],
        after_answer=end,
    )


def _parts(text: str, *marks: str) -> list[str]:
    found: list[str] = []
    for mark in marks:
        before, mark_there, text = text.partition(mark)
        if not mark_there:
            raise ExportError(
                f"the chat template does not render a message as it is: {before[:60]!r}"
            )
        found.append(before)
    return [*found, text]


def _without(text: str, begin: str | None) -> str:
    return text.removeprefix(begin) if begin else text


def modelfile(turn: Turn, *, source: str, stop: Sequence[str], system: str | None) -> str:
    """The Modelfile's text.

    Args:
        source: What `FROM` names, relative to the file.
        stop: Texts of the tokens that end a turn.
    """
    template = (
        "{{ if .System }}"
        + _literal(turn.before_system)
        + "{{ .System }}"
        + _literal(turn.between)
        + "{{ else }}"
        + _literal(turn.before_user)
        + "{{ end }}{{ .Prompt }}"
        + _literal(turn.after_user)
        + "{{ .Response }}"
        + _literal(turn.after_answer)
    )
    lines = [
        f"FROM {source}",
        f"TEMPLATE {_quoted(template)}",
        *(f"PARAMETER stop {_word(one)}" for one in stop),
        "PARAMETER temperature 0",
    ]
    if system is not None:
        lines.append(f"SYSTEM {_quoted(system)}")
    return "\n".join(lines) + "\n"


def filled(turn: Turn, question: str, system: str | None) -> str:
    """The prompt that Ollama makes of that template."""
    head = turn.before_user if system is None else f"{turn.before_system}{system}{turn.between}"
    return f"{head}{question}{turn.after_user}"


def check_turn(
    turn: Turn, render: Render, prompts: Sequence[Sequence[Message]], *, begin: str | None
) -> None:
    """Hold the cut template against the one that was trained with, prompt by prompt.

    Args:
        prompts: Each a question, or a system message and a question.

    Raises:
        ExportError: Ollama would make another prompt of one of them.
    """
    for asked in prompts:
        *head, question = asked
        system = head[0]["content"] if head else None
        if filled(turn, question["content"], system) != _without(render(asked), begin):
            raise ExportError(
                "a Modelfile cannot hold this base's chat template: it would make another prompt of "
                f"{question['content'][:60]!r} than the training did. Export with --to hf"
            )


def _literal(text: str) -> str:
    """Text that Go's template language leaves as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _quoted(text: str) -> str:
    """A block in triple quotes.

    Raises:
        ExportError: The text holds such quotes itself.
    """
    if '"""' in text:
        raise ExportError(
            "a Modelfile cannot hold three double quotes in a template or system prompt"
        )
    return f'"""{text}"""'


def _word(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
