"""How long rows are for the base: its own tokenizer and chat template, without its weights."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

from understudy.chat import ChatExample, chat_example, part_of
from understudy.errors import BaseModelError
from understudy.models import NO_FOREIGN_CODE, json_of
from understudy.records import Part, Record, digest_of
from understudy.split import PARTS
from understudy.table import Rows
from understudy.training.chat import ChatFormat

MOST = 20_000
"""Rows that are tokenised: it takes about a millisecond each, and a sample says the same."""
BINS = 30


class Tokens(Record):
    """Lengths of rows as the base sees them: template, prompt, answer and end of turn."""

    base: str
    """As the settings name it."""
    max_seq_length: int
    counted: int
    """Rows that were tokenised: all, or as many of a large set, drawn by their ids' digests."""
    truncated: int
    """Rows over `max_seq_length`; the figures below are of what is left of them."""
    total: int
    answer_share: float
    """Tokens of answers over all, in [0, 1]: what is learned where the prompt is masked."""
    mean: float
    median: float
    p95: float
    longest: int
    """Before truncation."""
    by_part: Mapping[Part, int]
    """Tokens in each part."""
    histogram: tuple[int, ...]
    """Rows by length, in bins of equal width from 0 to the longest after truncation."""


def count_tokens(
    rows: Rows, folder: Path, *, base: str, max_seq_length: int, system_prompt: str | None
) -> Tokens:
    """Tokenise the rows of all parts as training does, and measure them.

    Args:
        rows: Of the dataset, kept in some part at least one.
        folder: Of the base; its tokenizer's files are enough.
        base: Its name in the settings.

    Raises:
        BaseModelError: The tokenizer cannot be loaded or has no chat template.
    """
    drawn = _drawn([row.id for row in rows if part_of(row)])
    chat = ChatFormat(load_tokenizer(folder))
    lengths: dict[Part, list[tuple[int, int]]] = {part: [] for part in PARTS}
    for row in rows:
        if row.id in drawn and (part := part_of(row)):
            lengths[part].append(_lengths(chat, chat_example(row, system_prompt)))
    return _measured(lengths, base=base, limit=max_seq_length)


def _lengths(chat: ChatFormat, one: ChatExample) -> tuple[int, int]:
    """Tokens of a row, and of its prompt."""
    encoded = chat.row([{"role": turn.role, "content": turn.content} for turn in one.messages])
    return encoded.length, encoded.prompt_length


def _measured(
    lengths: Mapping[Part, Sequence[tuple[int, int]]], *, base: str, limit: int
) -> Tokens:
    every = [pair for part in lengths.values() for pair in part]
    cut = [min(length, limit) for length, _ in every]
    learned = sum(max(0, min(length, limit) - prompt) for length, prompt in every)
    cuts = quantiles(cut, n=20, method="inclusive") if len(cut) > 1 else cut * 19
    return Tokens(
        base=base,
        max_seq_length=limit,
        counted=len(every),
        truncated=sum(length > limit for length, _ in every),
        total=sum(cut),
        answer_share=round(learned / sum(cut), 4),
        mean=round(fmean(cut), 1),
        median=cuts[9],
        p95=round(cuts[18], 1),
        longest=max(length for length, _ in every),
        by_part={part: sum(min(n, limit) for n, _ in pairs) for part, pairs in lengths.items()},
        histogram=_histogram(cut),
    )


def _histogram(lengths: Sequence[int]) -> tuple[int, ...]:
    bins, top = [0] * BINS, max(lengths)
    for length in lengths:
        bins[min(BINS - 1, length * BINS // top)] += 1
    return tuple(bins)


def _drawn(ids: Sequence[str]) -> set[str]:
    return set(ids) if len(ids) <= MOST else set(sorted(ids, key=digest_of)[:MOST])


# --- the tokenizer -----------------------------------------------------------


class _Tokenizer:
    """What `ChatFormat` asks of mlx-lm's wrapper, without mlx: this runs in the task's process."""

    def __init__(self, tokenizer: Any, end_of_turn: set[int]) -> None:
        self._tokenizer = tokenizer
        self.has_chat_template = tokenizer.chat_template is not None
        self.eos_token_ids = end_of_turn

    def apply_chat_template(self, *arguments: Any, **options: Any) -> Any:
        return self._tokenizer.apply_chat_template(*arguments, **{"return_dict": False, **options})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)


def load_tokenizer(folder: Path) -> Any:
    """Load a tokenizer as `mlx_lm` does, for `ChatFormat`.

    Raises:
        BaseModelError: There is none that can be loaded.
    """
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # it minds that PyTorch is missing
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, **NO_FOREIGN_CODE)
    except Exception as error:  # its errors share no base class
        raise BaseModelError(
            f"the tokenizer of {folder.name} cannot be loaded ({type(error).__name__})"
        ) from error
    ends = {int(tokenizer.eos_token_id)} if tokenizer.eos_token_id is not None else set[int]()
    return _Tokenizer(tokenizer, ends | _configured_ends(folder))


def _configured_ends(folder: Path) -> set[int]:
    """End-of-turn tokens that the model's files name; the generation's win, as in mlx-lm."""
    for name in ("generation_config.json", "config.json"):
        path = folder / name
        named = json_of(path) if path.is_file() else {}
        if found := named.get("eos_token_id"):
            return {int(one) for one in (found if isinstance(found, list) else [found])}
    return set()
