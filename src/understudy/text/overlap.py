"""How much of a question's content an answer takes up."""

from __future__ import annotations

import re
from functools import lru_cache

from understudy.text.language import STOPWORDS

_LETTERS = re.compile(r"[^\W\d_]+")
_ENDING = re.compile(r"(?<=\w{3})(ing|ed|ly)$")


def overlap(question: str, answer: str) -> float:
    """Share of the question's content words that the answer holds, compared by their stems.

    1 where the question has no content words.
    """
    asked, told = _content(question), _content(answer)
    return len(asked & told) / len(asked) if asked else 1.0


def _content(text: str) -> set[str]:
    words = (word.lower() for word in _LETTERS.findall(text))
    return {_stem(word) for word in words if len(word) > 2 and word not in STOPWORDS}


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """Enough of a word to know its forms by: `keeps`, `keeping` and `keep` are one."""
    return _ENDING.sub("", word.removesuffix("s")).removesuffix("e")[:6]
