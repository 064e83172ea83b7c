"""Degenerate repetition: what a model writes when it has lost its way."""

from __future__ import annotations

import re
from collections import Counter

_RUN = re.compile(r"([^\s\-_=.*|])\1{19,}|\b(\w+)(?:\W+\2\b){4,}", re.IGNORECASE)
"""A character twenty times in a row, or a word five times."""

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]+")
SENTENCE_TIMES, SENTENCE_WORDS = 3, 4
GRAM, LEAST_GRAMS, MOST_REPEATED = 6, 24, 0.25


def repeats(plain: str) -> bool:
    """Whether a text goes round in circles.

    A run of one character or word; a sentence of at least 4 words three times; or more than a
    quarter of all 6-grams seen before, in a text of at least 24.
    """
    if _RUN.search(plain):
        return True
    sentences = Counter(
        tuple(_WORD.findall(sentence.casefold())) for sentence in _SENTENCE_END.split(plain)
    )
    if any(
        times >= SENTENCE_TIMES and len(words) >= SENTENCE_WORDS
        for words, times in sentences.items()
    ):
        return True
    words = _WORD.findall(plain.casefold())
    grams = [tuple(words[start : start + GRAM]) for start in range(len(words) - GRAM + 1)]
    return len(grams) >= LEAST_GRAMS and 1 - len(set(grams)) / len(grams) > MOST_REPEATED
