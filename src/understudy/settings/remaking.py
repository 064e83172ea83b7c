"""Which stages are made again when a setting changes.

The truth is in the recipes, which hold the settings that a stage reads. This is
the same by key, for people; tests compare it with the recipes of a finished line.
"""

from __future__ import annotations

_PASSES = ("questions", "answers")
_TAUGHT = (*_PASSES, "audit", "augment", "evaluate")
_ROWS = ("dataset",)

REMAKES: dict[str, tuple[str, ...]] = {
    "channel": (*_PASSES, *_ROWS, "evaluate"),
    "channel.language": (*_PASSES, "filter", "augment", *_ROWS, "evaluate"),
    "source": ("videos",),
    "source.kind": ("videos", *_ROWS),
    "transcripts.min_words": ("transcripts",),
    "teacher.kind": _TAUGHT,
    "teacher.base_url": _TAUGHT,
    "teacher.model": _TAUGHT,
    "teacher.structured": _TAUGHT,
    "teacher.reasoning_effort": _TAUGHT,
    "teacher.temperature": _TAUGHT,
    "teacher.max_output_tokens": _TAUGHT,
    "teacher.prompt": _PASSES,
    "questions": ("questions", *_ROWS),
    "answers": ("answers", *_ROWS),
    "dedup": ("dedup", *_ROWS),
    "filter": ("filter", "augment", *_ROWS),
    "audit": ("audit", *_ROWS),
    "split": ("split", *_ROWS),
    "split.purge_threshold": ("split", "augment", *_ROWS),
    "augment": ("augment", *_ROWS),
    "dataset": (*_ROWS, "analysis", "train"),
    "train": ("train",),
    "train.base": ("analysis", "train"),
    "train.max_seq_length": ("analysis", "train"),
    "evaluate": ("evaluate",),
}
"""A key, or the section of all keys that have no line of their own. What is missing changes how
something is done and not what comes out: nothing is made again for it."""


def remakes(key: str) -> tuple[str, ...]:
    """Name the stages whose recipe a setting is part of, in their order."""
    while key not in REMAKES and "." in key:
        key = key.rpartition(".")[0]
    return REMAKES.get(key, ())
