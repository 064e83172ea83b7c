"""Noun phrases of one sentence, taken with what narrows them: `the price of a seat`.

A run of nominal words counts where nouns stand: after an article or a preposition, and
before a word that ends the phrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.teacher.offline.topics import is_nominal
from understudy.teacher.offline.words import is_content

LONGEST_RUN = 3
_ARTICLES = frozenset({"a", "an", "the"})
_NARROWING = frozenset({"of", "for", "behind"})
_BEFORE = frozenset(
    """
    a about against an and any are as at behind between by for from in into is like many more
    most no of on or our over some than the their these those through toward towards under was
    were with without your
    """.split()  # noqa: SIM905  (a word list)
)
_NO_HEAD = frozenset(
    """
    array block bought bunch caught chunk chunks couple edges focused free generate generates grew knows lots met pile pop sent
    showed shows sold sometime sounding top variety went
    """.split()  # noqa: SIM905  (a word list)
)
"""Measures, which name nothing, and verbs that often stand between two names."""
_TIMES = frozenset(
    """
    april august december fall february friday january july june march may monday november
    october saturday september spring summer sunday thursday tuesday wednesday winter
    """.split()  # noqa: SIM905  (a word list)
)


@dataclass(frozen=True)
class Phrase:
    """A noun phrase and where it stands."""

    text: str
    """With its article: `the societal implications of AI communities`."""
    begin: int
    end: int
    content: int
    """Content words."""


def phrases_of(text: str) -> tuple[Phrase, ...]:
    """The noun phrases of a sentence, from left to right.

    They hold two content words at least, or one after an article, or one that is a name.
    """
    found: list[Phrase] = []
    for stretch, offset in _stretches(text):
        at = 0
        while at < len(stretch):
            end = _phrase_end(stretch, at) if at or not offset else None
            begin = at - 1 if at and stretch[at - 1].lower() in _ARTICLES else at
            content = sum(map(_is_noun, stretch[at:end])) if end else 0
            if end and (content > 1 or _single(stretch, begin, at, first=not at + offset)):
                words = " ".join(stretch[begin:end])
                article = stretch[begin].lower() in _ARTICLES
                name = words[0].lower() + words[1:] if article else words
                found.append(Phrase(name, begin + offset, end + offset, content))
            at = end or at + 1
    return tuple(found)


def _single(words: Sequence[str], begin: int, at: int, *, first: bool) -> bool:
    """Whether one word names something: after its article, or with a capital inside a sentence."""
    word = words[at]
    if not _is_noun(word) or word.lower() in _TIMES:
        return False
    if begin < at:
        return words[begin].lower() == "the" or not word.endswith("s")
    return word[0].isupper() and not first


def _stretches(text: str) -> Iterator[tuple[list[str], int]]:
    """The words between two marks of punctuation, and how many stand before them."""
    offset = 0
    for part in re.split(r"[^\w\s'’-]+", text):
        words = part.split()
        yield words, offset
        offset += len(words)


def _phrase_end(words: Sequence[str], at: int) -> int | None:
    """Where the phrase ends whose first nominal word is at `at`, if one begins there."""
    if at and words[at - 1].lower() not in _BEFORE:
        return None
    end = _run_end(words, at)
    if end is None:
        return None
    while end < len(words) - 1 and words[end].lower() in _NARROWING:
        after = end + 2 if words[end + 1].lower() in _ARTICLES else end + 1
        further = _run_end(words, after)
        if further is None:
            return None
        end = further
    return end


def _run_end(words: Sequence[str], at: int) -> int | None:
    """Where one to three nominal words end before a word that is none."""
    end = at
    while end < len(words) and _is_noun(words[end]):
        end += 1
    if not at < end <= at + LONGEST_RUN or words[at].endswith("ing"):
        return None
    if words[end - 1].endswith(("ed", "ing")) or _holds_a_verb(words[at:end]):
        return None
    closed = end == len(words) or not is_content(words[end])
    return end if closed else None


def _is_noun(word: str) -> bool:
    if word.lower() in _NO_HEAD:
        return False
    return is_nominal(word) or (len(word) == 2 and word.isalpha() and word.isupper())


def _holds_a_verb(run: Sequence[str]) -> bool:
    """Whether a plural stands before the end: what follows it is mostly its verb."""
    return any(word.endswith("s") and word.islower() for word in run[:-1])
