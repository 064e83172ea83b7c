"""General chat from a file, mixed into train against forgetting."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from understudy.artifacts import numbered_lines
from understudy.errors import RowError
from understudy.records import Record, Row, digest_of
from understudy.rows import scrub
from understudy.settings import AugmentSettings
from understudy.table import Rows
from understudy.text.typography import tidy

REPLAY = "replay"
"""Stands for the video of rows that come from a replay file."""


class Replay(Record):
    """One exchange of general chat, mixed in against forgetting."""

    question: str
    answer: str


def replayed(replays: Sequence[Replay], rows: Rows, settings: AugmentSettings) -> list[Row]:
    """Turn as many exchanges as `settings.replay_share` asks for into training rows."""
    train = sum(row.part == "train" and row.kind == "original" for row in rows)
    wanted = round(settings.replay_share * train)
    made = {row.id: row for row in map(_replay_row, replays)}
    order = sorted(made, key=lambda name: digest_of(f"{settings.seed}/{name}"))
    present = {row.id for row in rows}
    return [made[name] for name in order[:wanted] if name not in present]


def read_replays(path: Path) -> list[Replay]:
    """Read chat rows: `messages` with a user's and an assistant's turn, or a pair of columns
    `question` and `answer`, `instruction` and `output`, or `prompt` and `completion`.

    Raises:
        RowError: A line is none of these; names its number.
        DataError: The file is missing or unreadable.
    """
    return [_replay(line, path, number) for number, line in numbered_lines(path)]


_COLUMNS = (("question", "answer"), ("instruction", "output"), ("prompt", "completion"))


def _replay(line: str, path: Path, number: int) -> Replay:
    try:
        raw: Any = scrub(json.loads(line))
        fields = cast("Mapping[str, Any]", raw)
        if "messages" in fields:
            turns = {turn["role"]: turn["content"] for turn in reversed(fields["messages"])}
            question, answer = turns["user"], turns["assistant"]
        else:
            asked, told = next(pair for pair in _COLUMNS if set(pair) <= fields.keys())
            question, answer = fields[asked], fields[told]
        return Replay(question=tidy(str(question)), answer=tidy(str(answer)))
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        StopIteration,
        RecursionError,
    ) as error:
        raise RowError(
            path,
            number,
            "no chat row: needs messages, question and answer, or instruction and output",
        ) from error


def _replay_row(replay: Replay) -> Row:
    name = f"{REPLAY}:x{digest_of(replay.model_dump_json())[:12]}"
    return Row(
        id=name,
        source_id=name,
        kind="replay",
        video_id=REPLAY,
        video_title="",
        question=replay.question,
        answer=replay.answer,
        generator="import",
        part="train",
    )
