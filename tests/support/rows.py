"""Builders of answers and rows, and the real pairs as answers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from understudy.records import Answer, Row
from understudy.settings import (
    AugmentSettings,
    DedupSettings,
    FilterSettings,
    SplitSettings,
)
from understudy.split import Assignment, split_rows_by_video
from understudy.table import Rows

GOOD = (
    "**Yes, they do.**\n\nA strong colony keeps its stores dry because the bees fan the damp air "
    "out all night.\n\n- They fan at the entrance.\n- They cluster over the brood."
)
QUESTION = "How do bees keep their stores dry in winter?"


def answer_of(id_: str = "vid:q01", **changes: Any) -> Answer:
    fields = {
        "id": id_,
        "video_id": id_.partition(":")[0],
        "video_title": "A talk",
        "question": QUESTION,
        "answer": GOOD,
        "generator": "offline",
    }
    return Answer(**(fields | changes))


def row_of(id_: str = "vid:q01", **changes: Any) -> Row:
    fields = {
        "id": id_,
        "source_id": id_,
        "video_id": id_.partition(":")[0],
        "video_title": "A talk",
        "question": QUESTION,
        "answer": GOOD,
        "quote": "they fan all night",
        "evidence_score": 100.0,
        "generator": "offline",
    }
    return Row(**(fields | changes))


def many_rows(videos: int, each: int = 4, prefix: str = "v") -> list[Row]:
    """Rows whose questions have little in common."""
    return [
        row_of(
            f"{prefix}{video}:q{number:02d}",
            question=f"What is {_word(video * 97 + number)} for {_word(video * 31 + number * 7)}?",
            answer=f"{GOOD}\n\nIn {_word(video)} it is {_word(number + 1000 * video)}.",
        )
        for video in range(videos)
        for number in range(1, each + 1)
    ]


def _word(number: int) -> str:
    """A word of its own for each number, unlike its neighbours'."""
    mixed = number * 2_654_435_761 % 2**40
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "".join(letters[mixed // 26**place % 26] for place in range(8))


def divided(
    rows: Rows, settings: SplitSettings, before: Assignment | None = None
) -> tuple[list[Row], Assignment]:
    """The rows after the split, all at once."""
    after, assignment = split_rows_by_video(rows, settings, before)
    return list(after), assignment


def dedup_settings(**changes: Any) -> DedupSettings:
    fields = {
        "threshold": 0.85,
        "normalise": "full",
        "max_cluster": 20,
        "semantic": "keep",
        "semantic_model": "a/model",
        "semantic_threshold": 0.92,
    }
    return DedupSettings(**(fields | changes))


def filter_settings(**changes: Any) -> FilterSettings:
    policies = {
        name: "drop"
        for name in FilterSettings.model_fields
        if name not in {"min_answer_chars", "min_overlap", "keep_share"}
    }
    return FilterSettings(
        **(policies | {"min_answer_chars": 40, "min_overlap": 0.1, "keep_share": None} | changes)
    )


def split_settings(**changes: Any) -> SplitSettings:
    fields = {
        "train": 0.8,
        "valid": 0.1,
        "test": 0.1,
        "salt": "test",
        "purge_threshold": 0.8,
        "validation_rows": None,
    }
    return SplitSettings(**(fields | changes))


def augment_settings(**changes: Any) -> AugmentSettings:
    fields = {
        "by": "rules",
        "model": None,
        "prompt": "config/prompts/variants.md",
        "paraphrases": 2,
        "share": 1.0,
        "short_answers": 1.0,
        "long_answers": 0.0,
        "back_translations": 0.0,
        "pivot_language": "de",
        "replay_file": None,
        "replay_share": 0.0,
        "seed": 42,
    }
    return AugmentSettings(**(fields | changes))


def real_answers(path: Path) -> list[Answer]:
    """The 1,709 real pairs as an import makes them: numbered within each video."""
    numbers: Counter[str] = Counter()
    answers: list[Answer] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        numbers[pair["video_id"]] += 1
        id_ = f"{pair['video_id']}:q{numbers[pair['video_id']]:02d}"
        answers.append(Answer(id=id_, generator="import", **pair))
    return answers
