"""What a speech recogniser does to words, and how often a quote is then found; all by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.evidence import SpokenText, bare, locate
from understudy.records import Transcript

_SOUND_ALIKE = {
    one: other
    for pair in [
        "their there",
        "to too",
        "for four",
        "your you're",
        "its it's",
        "then than",
        "know no",
        "right write",
        "one won",
        "hear here",
        "by buy",
        "see sea",
        "weight wait",
        "whole hole",
        "are our",
        "been bin",
        "would wood",
        "new knew",
        "which witch",
        "and in",
        "is as",
        "a the",
        "bee be",
        "flour flower",
        "way weigh",
        "where wear",
        "week weak",
        "air heir",
        "sun son",
        "great grate",
        "plain plane",
        "code coat",
        "data dater",
    ]
    for one, other in (pair.split(), pair.split()[::-1])
}
_FILLERS = ("um", "uh", "you know", "like", "so", "I mean")
_ENDINGS = ("in", "er", "s", "ed", "o", "ing")
_WAYS = ("alike", "ending", "drop", "merge", "split", "fill")


def misheard(words: list[str], share: float, rng: random.Random) -> str:
    """Change at most `share` of the words, but one at least, and how the rest is written.

    Each is replaced by one that sounds alike, given another ending, dropped, joined with the
    next, split in two, or preceded by a filler. Then case and punctuation change as they please.
    """
    hit = set(rng.sample(range(len(words)), max(1, int(share * len(words)))))
    out: list[str] = []
    at = 0
    while at < len(words):
        way = rng.choice(_WAYS) if at in hit else ""
        joined = way == "merge" and at + 1 < len(words)
        out += [words[at] + words[at + 1]] if joined else _changed(words[at], way, rng)
        at += 2 if joined else 1
    return _written(" ".join(out), rng)


def _changed(word: str, way: str, rng: random.Random) -> list[str]:
    if way == "drop":
        return []
    if way == "split" and len(word) > 4:
        return [word[: len(word) // 2], word[len(word) // 2 :]]
    if way == "fill":
        return [rng.choice(_FILLERS), word]
    if way == "alike" and word.lower() in _SOUND_ALIKE:
        return [_SOUND_ALIKE[word.lower()]]
    if way:
        return [word[: max(len(word) - 2, 1)] + rng.choice(_ENDINGS)]
    return [word]


def _written(text: str, rng: random.Random) -> str:
    style = rng.randrange(4)
    if style == 0:
        return text.lower()
    if style == 1:
        return re.sub(r"[^\w\s']", "", text)
    if style == 2:
        return f"{text.capitalize()}."
    return text


@dataclass(frozen=True)
class Found:
    """Shares of quotes, of as many as were tried."""

    within_two_seconds: float
    elsewhere: float
    """Found in the right talk, and more than two seconds off."""
    foreign: float
    """Found in another talk, which says nothing of the kind."""
    tried: int


def find_quotes(
    talks: Sequence[Transcript],
    *,
    count: int,
    seed: int,
    share: float = 0.15,
    words: tuple[int, int] = (12, 40),
    min_score: float = 80,
) -> Found:
    """Copy stretches of talks, mishear them, and look for each in its own talk and in another."""
    rng, near, far, foreign = random.Random(seed), 0, 0, 0
    heard = [(SpokenText.of(talk), _words_at(talk)) for talk in talks]
    long = [at for at, (_, spoken) in enumerate(heard) if len(spoken) > 2 * words[1]]
    for _ in range(count):
        own, other = rng.sample(long, 2)
        said = heard[own][1]
        length = rng.randint(*words)
        at = rng.randrange(len(said) - length)
        quote = misheard([word for word, _ in said[at : at + length]], share, rng)
        found = locate(quote, heard[own][0], min_score=min_score)
        if found is not None:
            close = abs(found.start - said[at][1]) <= 2
            near, far = near + close, far + (not close)
        if not _shares_a_clause(said[at : at + length], heard[other][0].plain):
            foreign += locate(quote, heard[other][0], min_score=min_score) is not None
    return Found(near / count, far / count, foreign / count, count)


def _shares_a_clause(said: list[tuple[str, float]], other: str) -> bool:
    """Whether the other talk says eight words of a stretch too, or half of a short one."""
    words = bare(" ".join(word for word, _ in said)).split()
    length = min(8, max(len(words) // 2, 3))
    return any(" ".join(words[at : at + length]) in other for at in range(len(words) - length + 1))


def _words_at(talk: Transcript) -> list[tuple[str, float]]:
    """Every word with the second at which it is said, evenly within its segment."""
    found: list[tuple[str, float]] = []
    for segment in talk.segments:
        words = segment.text.split()
        pace = (segment.end - segment.start) / max(len(words), 1)
        found += [(word, segment.start + number * pace) for number, word in enumerate(words)]
    return found
