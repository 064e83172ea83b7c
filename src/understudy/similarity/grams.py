"""Runs of eight words that two collections of texts share, in bounded memory.

A run is looked up as one 64-bit number: words are numbered as they come, and the
eight numbers are the digits of a polynomial modulo 2**64. Two different runs fall
together with a chance of about one in 10**19, so that a wrong hit among the
hundred million pairs of a large dataset is not to be expected.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from understudy.artifacts import BATCH_ROWS, batched
from understudy.dedup import normalise

WORDS = 8
_WORD = re.compile(r"[^\W_]+")
_BASE = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: odd, and without any pattern in its bits."""

Runs = NDArray[np.uint64]
Number = Callable[[str], int]


def sharing_a_run(texts: Iterable[str], others: Iterable[str]) -> list[bool]:
    """For each text, whether one of the others holds a run of eight of its words.

    Words are compared fully normalised; markup and punctuation are left out.

    Args:
        others: Looked at a batch at a time; only the runs of `texts` are held.
    """
    numbers: defaultdict[str, int] = defaultdict(count(1).__next__)
    own = [_runs(text, numbers.__getitem__) for text in texts]
    held = np.unique(_joined(own))
    bounded = np.append(held, np.uint64(0))  # larger numbers than those that are held end there
    seen = np.zeros(len(bounded), dtype=np.bool_)
    for batch in batched(others, BATCH_ROWS):
        runs = np.unique(_joined([_runs(text, numbers.__getitem__) for text in batch]))
        places = np.searchsorted(held, runs)
        seen[places] |= bounded[places] == runs
    return [bool(seen[np.searchsorted(held, runs)].any()) for runs in own]


def _runs(text: str, number: Number) -> Runs:
    words = _WORD.findall(normalise(text, "full"))
    digits = np.fromiter(map(number, words), dtype=np.uint64, count=len(words))
    if len(digits) < WORDS:
        return digits[:0]
    return np.lib.stride_tricks.sliding_window_view(digits, WORDS) @ _POWERS


def _joined(runs: Sequence[Runs]) -> Runs:
    return np.concatenate(runs) if runs else np.zeros(0, dtype=np.uint64)


_POWERS = np.cumprod(np.full(WORDS, _BASE, dtype=np.uint64), dtype=np.uint64)
