"""Rows of a published dataset, tokenised once for one base."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from understudy.artifacts import read_jsonl
from understudy.canaries import Canary, trained_rows
from understudy.chat import ChatRow
from understudy.errors import EmptyStageError
from understudy.settings import TrainSettings
from understudy.training.batches import Example, check_lengths, example
from understudy.training.chat import ChatFormat, with_system


def training_rows(dataset: Path, canaries: Sequence[Canary]) -> list[ChatRow]:
    """What a training learns from: the rows of train, and its canaries after them.

    Raises:
        EmptyStageError: Train has no row.
        DataError: It is missing, or a line is no chat row.
    """
    return [*read_rows(dataset / "train.jsonl"), *trained_rows(canaries)]


def read_rows(path: Path) -> list[ChatRow]:
    """Read one part of a dataset.

    Raises:
        EmptyStageError: There is no row in it.
        DataError: It is missing, or a line is no chat row.
    """
    rows = read_jsonl(path, ChatRow)
    if not rows:
        raise EmptyStageError(
            f"{path.parent.name}/{path.name} has no rows: there is nothing to train on"
        )
    return rows


def tokenise(
    rows: list[ChatRow], chat: ChatFormat, settings: TrainSettings, system_prompt: str | None
) -> list[Example]:
    """Tokenise rows with the base's template and refuse what would be cut too much.

    Raises:
        TrainingError: More rows than allowed are too long.
    """
    examples = [
        example(
            row.id,
            row.video_id,
            chat.row(with_system(row.messages, system_prompt)),
            max_seq_length=settings.max_seq_length,
            mask_prompt=settings.mask_prompt,
        )
        for row in rows
    ]
    check_lengths(
        examples, max_seq_length=settings.max_seq_length, max_share=settings.max_truncated_share
    )
    return examples
