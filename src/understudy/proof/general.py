"""The general suite: what a base can do before it is tuned, and should still do after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from understudy.chat import ChatRow
from understudy.pages import resource
from understudy.proof.plan import spread
from understudy.proof.texts import words_of
from understudy.records import Record
from understudy.replay import read_replays
from understudy.training.chat import with_system

KIND = "general-"
"""Before the kind of a general question, in the place of its video."""


class General(Record):
    """One general question."""

    row: ChatRow
    accepted: tuple[str, ...]
    """An answer that holds one of these is right; empty where nobody said."""


def read_general(path: Path | None) -> tuple[General, ...]:
    """Read the suite that comes with this package, or a file of general chat.

    Raises:
        RowError: A line of the file is no chat row.
        DataError: The file cannot be read.
    """
    if path is None:
        return _committed()
    found = enumerate(read_replays(path), start=1)
    return tuple(_general("chat", number, one.question, one.answer, ()) for number, one in found)


@cache
def _committed() -> tuple[General, ...]:
    kinds: Mapping[str, Sequence[Any]] = yaml.safe_load(
        resource("understudy.proof", "general.yaml")
    )
    return tuple(
        _general(kind, number, asked, told, accepted)
        for kind, entries in kinds.items()
        for number, (asked, told, accepted) in enumerate(entries, start=1)
    )


def _general(
    kind: str, number: int, question: str, answer: str, accepted: Sequence[str]
) -> General:
    turns = ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
    row = ChatRow(id=f"{KIND}{kind}:q{number:02d}", video_id=f"{KIND}{kind}", messages=turns)
    return General(row=row, accepted=tuple(map(str, accepted)))


def general_rows(
    suite: Sequence[General], count: int, system_prompt: str | None
) -> tuple[ChatRow, ...]:
    """Choose `count` questions evenly over the kinds, under the system prompt of the training."""
    rows = [
        one.row.model_copy(update={"messages": tuple(with_system(one.row.messages, system_prompt))})
        for one in suite
    ]
    return spread(rows, count) if count else ()


def is_right(answer: str, accepted: Sequence[str]) -> bool:
    """Whether an answer holds one of the accepted phrases as whole words, in any case."""
    told = f" {' '.join(words_of(answer))} "
    return any(f" {' '.join(words_of(phrase))} " in told for phrase in accepted)
