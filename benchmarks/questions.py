"""Generated sets of questions: as many as wanted, the same for the same seed.

Real questions are recombined (the opening of one, the end of another), worded anew
and mistyped, so that a set has the lengths and letters of real ones and some
hundred near-duplicates per thousand that lie on both sides of the threshold.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import product

from understudy.paraphrase import paraphrase

_OPENINGS = (
    "How do I keep", "Why should I ever move", "What is the best way to feed", "When do I inspect",
    "Is it a good idea to divide", "What happens if I never treat", "How often should I weigh",
    "Why do so many beginners lose", "Which signs tell me that I must requeen",
)  # fmt: skip
_THINGS = (
    "a strong colony", "a weak colony", "a late swarm", "my first hive", "an old brood nest",
    "a nucleus from a neighbour", "the bees in a top-bar hive", "a colony without a queen",
)  # fmt: skip
_TIMES = (
    "in a wet spring?", "before the first frost?", "when the lime trees flower?", "after the honey harvest?",
    "in the middle of a drought?", "while the drones are still flying?", "at the end of winter?",
)  # fmt: skip


def built_in() -> list[str]:
    """Questions to start from where no real ones are at hand."""
    return [" ".join(words) for words in product(_OPENINGS, _THINGS, _TIMES)]


def generate(seeds: Sequence[str], count: int, seed: int = 1) -> list[str]:
    """Make `count` different questions, in an order that says nothing."""
    draw = random.Random(seed)
    made: dict[str, None] = {}
    while len(made) < count:
        made.update(dict.fromkeys(_family(seeds, draw)))
    chosen = list(made)[:count]
    draw.shuffle(chosen)
    return chosen


def _family(seeds: Sequence[str], draw: random.Random) -> Iterator[str]:
    """One new question and, for every third, a few that are near it."""
    question = _recombined(seeds, draw)
    yield question
    if draw.random() < 1 / 3:
        for _ in range(draw.randint(1, 3)):
            yield draw.choice((_mistyped, _reworded, _edited))(question, draw)


def _recombined(seeds: Sequence[str], draw: random.Random) -> str:
    head, tail = draw.choice(seeds).split(), draw.choice(seeds).split()
    cut = draw.randint(1, max(1, len(head) - 1))
    return " ".join([*head[:cut], *tail[min(cut, len(tail) - 1) :]])


def _mistyped(question: str, draw: random.Random) -> str:
    letters = list(question)
    for _ in range(draw.randint(1, 6)):
        letters[draw.randrange(len(letters))] = draw.choice("abcdefghijklmnopqrstuvwxyz ")
    return "".join(letters)


def _reworded(question: str, draw: random.Random) -> str:
    return draw.choice(paraphrase(question, count=6, seed=str(draw.random())) or [question])


def _edited(question: str, draw: random.Random) -> str:
    words = question.split()
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(words))
        words[place : place + draw.randint(0, 1)] = [draw.choice(words)]
    return " ".join(words)
