"""Figures of one text: repetition and what it shares with the training answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

SPAN = 8
"""Words of a span that counts as copied: shorter ones are idiom."""

_WORD = re.compile(r"\w+(?:['’]\w+)*")


def words_of(text: str) -> list[str]:
    """Lower-case words without marks or punctuation."""
    return _WORD.findall(text.lower())


def repeated_share(text: str) -> float:
    """Length of the longest span that comes twice, over the text's length, in words.

    The two may overlap, so that a loop scores near 1. A text without words has 0.
    """
    words = words_of(text)
    if len(words) < 2:
        return 0.0
    suffixes = sorted(words[start:] for start in range(len(words)))
    longest = max(_common_prefix(one, other) for one, other in pairwise(suffixes))
    return longest / len(words)


def distinct_share(text: str, *, size: int = 3) -> float:
    """Different n-grams over all n-grams of words; 1 for a text shorter than one.

    Source:
        Li et al., "A Diversity-Promoting Objective Function for Neural Conversation Models"
        (NAACL 2016), distinct-n.
    """
    grams = _grams(words_of(text), size)
    return len(set(grams)) / len(grams) if grams else 1.0


def content_of(text: str) -> frozenset[str]:
    """Words of at least 4 letters: what a text is about, without a list for each language."""
    return frozenset(word for word in words_of(text) if len(word) >= 4)


def shared_content(one: str, other: str) -> float:
    """Overlap of two texts' content words, 2 |A & B| / (|A| + |B|): longer wins nothing."""
    mine, theirs = content_of(one), content_of(other)
    both = len(mine) + len(theirs)
    return 2 * len(mine & theirs) / both if both else 0.0


def particular_spans(answers: Iterable[tuple[str, str]]) -> frozenset[tuple[str, ...]]:
    """Spans of `SPAN` words that stand in the answers of one video and of no other.

    What several videos share is a manner of speaking, which is to be learnt and no sign of memory.

    Args:
        answers: Video id and answer.
    """
    told_in: dict[tuple[str, ...], str | None] = {}
    for video, text in answers:
        for gram in _grams(words_of(text), SPAN):
            told_in[gram] = video if told_in.get(gram, video) == video else None
    return frozenset(gram for gram, video in told_in.items() if video is not None)


def copied_share(text: str, known: Collection[tuple[str, ...]]) -> float:
    """Share of the words that lie in a span of `known`; 0 for a text without words."""
    words = words_of(text)
    covered = [False] * len(words)
    for start, gram in enumerate(_grams(words, SPAN)):
        if gram in known:
            covered[start : start + SPAN] = [True] * SPAN
    return sum(covered) / len(words) if words else 0.0


def _grams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]


def _common_prefix(one: Sequence[str], other: Sequence[str]) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length
