"""Count the words of a text, and give it times where the source had none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from understudy.records import Segment

WORDS_PER_MINUTE = 150
"""Of a talk, where nothing says how long it took."""

SEGMENT_S = 12.5
"""Aimed at where times are estimated: fine enough to jump to, long enough to hold a thought."""

_LONGEST_WORD = 120
"""Longer runs without a space are cut: Chinese and Japanese write none."""

_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")


def count_words(text: str) -> int:
    """Count words; of scripts without spaces, two characters count as one."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + (unspaced + 1) // 2


def speaking_seconds(text: str) -> float:
    """How long saying it takes, at `WORDS_PER_MINUTE`."""
    return 60 * max(count_words(text), 1) / WORDS_PER_MINUTE


def spread(text: str, duration_s: float | None) -> list[Segment]:
    """Cut text at words and give each piece the share of the time that its characters have.

    Args:
        text: Cleaned.
        duration_s: Of the whole talk; None for what speaking it takes.

    Returns:
        Pieces of about `SEGMENT_S` seconds, which together hold each word once; none for no text.
    """
    words = [piece for word in text.split() for piece in _pieces(word)]
    if not words:
        return []
    total_s = duration_s if duration_s and duration_s > 0 else speaking_seconds(text)
    total = sum(len(word) + 1 for word in words)
    per_segment = total / max(1, round(total_s / SEGMENT_S))
    segments: list[Segment] = []
    taken: list[str] = []
    begun = passed = 0
    for word in words:
        taken.append(word)
        passed += len(word) + 1
        if passed >= per_segment * (len(segments) + 1) or passed == total:
            start, end = (round(total_s * at / total, 3) for at in (begun, passed))
            segments.append(Segment(start=start, end=end, text=" ".join(taken)))
            taken, begun = [], passed
    return segments


def _pieces(word: str) -> Iterator[str]:
    for start in range(0, len(word), _LONGEST_WORD):
        yield word[start : start + _LONGEST_WORD]
