"""Talk with a run in a terminal, base and tuned model side by side on request.

Run in a process of its own, `python -m understudy.talking.terminal SPEC`, which holds the
model and reads the terminal.
"""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from understudy.errors import UnderstudyError
from understudy.records import Record
from understudy.training.chat import Message, with_system

Arm = Literal["base", "tuned"]
HELP = "/new begins again, /both shows base and tuned side by side, /quit or Ctrl-D ends"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would speak to the terminal instead of the person."""


class TalkSpec(Record):
    """What the process is asked to do."""

    base: Path
    adapter: Path
    system_prompt: str | None
    both: bool
    max_tokens: int


class Speaker(Protocol):
    """Base and tuned model in one, as `LoadedModel` is."""

    def adapter(self, *, on: bool) -> None: ...
    def speak(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[str]: ...


@dataclass
class Talk:
    """One conversation; each arm remembers its own answers."""

    speaker: Speaker
    console: Console
    spec: TalkSpec
    both: bool = False
    _said: dict[Arm, list[Message]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.both = self.spec.both
        self._said = {"base": [], "tuned": []}

    def take(self, line: str) -> bool:
        """Answer a line, or do what it commands; false ends the conversation."""
        word = line.strip()
        if word in {"/quit", "/exit"}:
            return False
        if word == "/new":
            self._said = {"base": [], "tuned": []}
            self.console.print("a new conversation", style="dim")
        elif word == "/both":
            self.both = not self.both
            self.console.print("base and tuned" if self.both else "tuned alone", style="dim")
        elif word.startswith("/"):
            self.console.print(HELP, style="dim")
        elif word:
            self._answer(word)
        return True

    def _answer(self, question: str) -> None:
        texts: dict[Arm, str] = {}
        arms: tuple[Arm, ...] = ("base", "tuned") if self.both else ("tuned",)
        with suppress(KeyboardInterrupt):  # what was said until then stands
            if self.both and self.console.is_terminal:
                self._side_by_side(question, texts)
            else:
                for arm in arms:
                    self._one(question, arm, texts)
        self.console.print()
        for arm, text in texts.items():
            self._said[arm] += [_turn("user", question), _turn("assistant", text)]

    def _one(self, question: str, arm: Arm, texts: dict[Arm, str]) -> None:
        if self.both:
            self.console.print(f"{arm}:", style="bold")
        for piece in self._pieces(question, arm, texts):
            self.console.out(piece, end="", highlight=False)
            self.console.file.flush()
        self.console.print()

    def _side_by_side(self, question: str, texts: dict[Arm, str]) -> None:
        with Live(_columns(texts), console=self.console, refresh_per_second=12) as live:
            for arm in ("base", "tuned"):
                for _ in self._pieces(question, arm, texts):
                    live.update(_columns(texts))

    def _pieces(self, question: str, arm: Arm, texts: dict[Arm, str]) -> Iterator[str]:
        """Speak as one arm, keeping in `texts` what was said so far."""
        self.speaker.adapter(on=arm == "tuned")
        texts[arm] = ""
        messages = with_system([*self._said[arm], _turn("user", question)], self.spec.system_prompt)
        for piece in self.speaker.speak(messages, max_tokens=self.spec.max_tokens):
            clean = _CONTROL.sub("", piece)
            texts[arm] += clean
            yield clean


def _turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _columns(texts: Mapping[Arm, str]) -> Table:
    table = Table.grid(expand=True, padding=(0, 2))
    table.add_column(ratio=1)
    table.add_column(ratio=1)
    table.add_row(Text("base", style="bold"), Text("tuned", style="bold"))
    table.add_row(Text(texts.get("base", "")), Text(texts.get("tuned", "")))
    return table


def lines(console: Console) -> Iterator[str]:
    """What the person types, until the end of input or Ctrl-C."""
    with suppress(ImportError):
        import_module("readline")  # input() then remembers lines
    while True:
        try:
            yield input("> " if console.is_terminal else "")
        except (EOFError, KeyboardInterrupt):
            console.print()
            return


def main() -> None:
    """Entry point of the process."""
    from understudy.inference import LoadedModel

    signal.signal(signal.SIGINT, signal.default_int_handler)
    spec = TalkSpec.model_validate_json(sys.argv[1])
    console = Console(highlight=False)
    try:
        speaker = LoadedModel.load(spec.base, spec.adapter)
    except UnderstudyError as error:
        sys.exit(f"error: {error}")
    talk = Talk(speaker, console, spec)
    if sys.stdin.isatty():
        console.print(HELP, style="dim")
    for line in lines(console):
        if not talk.take(line):
            return


if __name__ == "__main__":
    main()
