"""Which questions are scored, which are answered, and what determines each result."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from understudy.artifacts import canonical_json, read_jsonl
from understudy.chat import ChatRow
from understudy.proof.records import Arm
from understudy.records import Record, digest_of
from understudy.training.chat import with_system

VERSION = "1"
"""Of scoring and generation: raised when the same inputs would give other lines."""


def read_part(dataset: Path, part: str, system_prompt: str | None) -> tuple[ChatRow, ...]:
    """Read one part of a dataset as the training reads it; a part that is not there is empty.

    Raises:
        RowError: A line is no chat row.
    """
    path = dataset / f"{part}.jsonl"
    rows = read_jsonl(path, ChatRow) if path.exists() else []
    return tuple(
        row.model_copy(update={"messages": tuple(with_system(row.messages, system_prompt))})
        for row in rows
    )


class Models(Record):
    """The two models, named by content."""

    base: str
    """SHA-256 over the base's files."""
    adapter: str
    """SHA-256 of the adapter's weights."""

    def of(self, arm: Arm) -> tuple[str, ...]:
        """What determines an arm beside its prompt: only the tuned one depends on the adapter."""
        return (self.base, self.adapter) if arm == "tuned" else (self.base,)


def spread(rows: Sequence[ChatRow], limit: int | None) -> tuple[ChatRow, ...]:
    """Choose at most `limit` rows, evenly over videos, each video's first ones first."""
    if limit is None:
        return tuple(rows)
    return tuple(rows[place] for place in evenly([row.video_id for row in rows], limit))


def evenly(videos: Sequence[str], limit: int) -> list[int]:
    """Places of at most `limit` items, evenly over their videos, each video's first ones first.

    Args:
        videos: Of each item.

    Returns:
        In ascending order.
    """
    by_video: dict[str, list[int]] = {}
    for place, video in enumerate(videos):
        by_video.setdefault(video, []).append(place)
    rounds = zip_longest(*by_video.values())
    return sorted([place for one in rounds for place in one if place is not None][:limit])


def probed(train: Sequence[ChatRow], limit: int) -> tuple[ChatRow, ...]:
    """Training rows that are scored to see whether their answers belong to their questions.

    As many as there are held-out rows; a variant says what its original says.
    """
    return spread([row for row in train if row.kind == "original"], limit)


def swapped(rows: Sequence[ChatRow]) -> dict[str, ChatRow]:
    """Each answer after the question of another video, by the row's id.

    A model that knows which answers belong to which questions foresees it worse there.
    """
    half = len(rows) // 2
    found: dict[str, ChatRow] = {}
    for place, row in enumerate(rows):
        after = (*rows[place + half :], *rows[: place + half])
        other = next((one for one in after if one.video_id != row.video_id), None)
        if other is not None:
            turns = (*other.prompt, row.messages[-1])
            found[row.id] = row.model_copy(update={"id": f"{row.id}:s1", "messages": turns})
    return found


def score_key(row: ChatRow, arm: Arm, models: Models) -> str:
    """Name the score of one row by everything that determines it."""
    return _key("score", row.id, models.of(arm), row.messages)


def unigram_key(row: ChatRow, models: Models, train: str) -> str:
    """Name the frequency baseline's score of one row.

    Args:
        train: SHA-256 of the training rows that the frequencies come from.
    """
    return _key("unigram", row.id, models.base, train, row.messages)


def generation_key(row: ChatRow, arm: Arm, models: Models, *, max_tokens: int) -> str:
    """Name the answer to one row by everything that determines it."""
    return _key("generation", row.id, models.of(arm), row.prompt, max_tokens)


def _key(*parts: Any) -> str:
    return digest_of(canonical_json([VERSION, *parts]))
