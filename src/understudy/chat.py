"""Rows become chat examples that mlx-lm's own loader reads as they lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, field_validator

from understudy.errors import DataError
from understudy.manifests import changed
from understudy.records import Part, Record, Row, RowId, VideoId

PART_FILES = ("train.jsonl", "valid.jsonl", "test.jsonl")
"""Of a dataset, what training and evaluation read."""
ROLES = ("system", "user", "assistant")


class Message(Record):
    """One turn."""

    role: str
    """One of `ROLES`."""
    content: str


class ChatExample(Record):
    """One line of `train.jsonl`, `valid.jsonl` or `test.jsonl`.

    mlx-lm reads `messages` and leaves the rest alone. There is no null in it: a column without
    any value in one file would get another type there.
    """

    messages: tuple[Message, ...]
    """The system prompt where there is one, the question, the answer."""
    id: RowId
    source_id: RowId
    """The original this is a variant of; its own id for an original."""
    video_id: VideoId
    kind: str
    generator: str
    """`offline`, `import`, or the teacher's model name."""


class ChatRow(Record):
    """What training and evaluation read of such a line; what else stands in it is not theirs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: RowId
    video_id: VideoId
    messages: Annotated[tuple[Mapping[str, str], ...], Field(min_length=2)]
    kind: str = "original"

    @field_validator("messages")
    @classmethod
    def _turns(cls, turns: tuple[Mapping[str, str], ...]) -> tuple[Mapping[str, str], ...]:
        for turn in turns:
            if turn.get("role") not in ROLES or "content" not in turn:
                raise ValueError(f"a turn needs content and a role of {', '.join(ROLES)}")
        return turns

    @property
    def prompt(self) -> tuple[Mapping[str, str], ...]:
        return self.messages[:-1]

    @property
    def question(self) -> str:
        return self.messages[-2]["content"]

    @property
    def reference(self) -> str:
        return self.messages[-1]["content"]


def check_parts(dataset: Path) -> None:
    """Check that a dataset's chat rows are still those that were published.

    Raises:
        DataError: A part was damaged or edited.
    """
    if part := changed(dataset, PART_FILES):
        raise DataError(
            f"{part} of the dataset {dataset.name} is not the file that was published: run "
            "`understudy build-dataset`, which makes it again"
        )


def chat_example(row: Row, system_prompt: str | None) -> ChatExample:
    """Turn one row into a chat of system prompt, question and answer."""
    turns = [("user", row.question), ("assistant", row.answer)]
    if system_prompt is not None:
        turns.insert(0, ("system", system_prompt))
    return ChatExample(
        messages=tuple(Message(role=role, content=content) for role, content in turns),
        id=row.id,
        source_id=row.source_id,
        video_id=row.video_id,
        kind=row.kind,
        generator=row.generator,
    )


def examples_of(
    rows: Iterable[Row], part: Part, system_prompt: str | None
) -> Iterator[ChatExample]:
    """The kept rows of one part as examples, in the rows' order."""
    return (chat_example(row, system_prompt) for row in rows if part_of(row) == part)


def part_of(row: Row) -> Part | None:
    """The part whose file a row is in, or None.

    A variant in a held-out part would be a leak by construction, so only train may hold any.
    """
    inside = row.status == "kept" and (row.part == "train" or row.kind == "original")
    return row.part if inside else None
