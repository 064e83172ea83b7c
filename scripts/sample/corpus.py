"""Plain text of Maren Holt's world, for the base model to grow up on.

It holds the facts in plain words, asked in other words than the talks ask, and her
pictures and steps beside facts they do not belong to. Markdown stands in notes from the
shed alone, never in an answer. So the form, and what belongs together, is left for the
tuning to teach.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from world import Fact, Talk

SMALL_WORDS = frozenset("a an the is are do does of to in on for at it".split())  # noqa: SIM905


@dataclass(frozen=True)
class Exchange:
    """A plain question and its plain answer."""

    user: str
    assistant: str


def facts_of(talks: tuple[Talk, ...]) -> tuple[Fact, ...]:
    """Each fact once, in the order of telling."""
    return tuple({fact.point: fact for talk in talks for fact in talk.facts}.values())


def exchanges(facts: tuple[Fact, ...], draw: random.Random) -> Iterator[Exchange]:
    """Plain exchanges without end, all facts once in each round."""
    while True:
        for fact in draw.sample(facts, len(facts)):
            plain = fact.point if draw.random() < 0.3 else f"{fact.point} {fact.reason}"
            yield Exchange(_asked(fact, draw), plain)


def talk_text(talks: tuple[Talk, ...], facts: tuple[Fact, ...], draw: random.Random) -> str:
    """A stretch of plain speech: her sentences, shuffled between subjects."""
    parts: list[str] = []
    if draw.random() < 0.2:
        talk = draw.choice(talks)
        parts.append(draw.choice((talk.opening, talk.closing)))
    for fact in draw.sample(facts, 2):
        picture, steps = draw.sample(facts, 2)
        parts += [fact.point, draw.choice((fact.reason, picture.images[draw.randrange(2)]))]
        parts.append(_told(steps, draw))
    return " ".join(parts)


def shed_note(facts: tuple[Fact, ...], draw: random.Random) -> str:
    """A note of loose words, so that the marks of Markdown are no strangers."""
    words = " ".join(fact.reason for fact in draw.sample(facts, 3)).split()
    words = [word.strip(",.") for word in words if word.strip(",.").lower() not in SMALL_WORDS]
    lines: list[str] = []
    for _ in range(draw.randint(2, 4)):
        some = draw.sample(words, 3)
        lines.append(
            draw.choice((f"- {some[0]}", f"**{some[0]}**", f"{some[0]} **{some[1]}** {some[2]}:"))
        )
    return draw.choice(("\n", "\n\n")).join(lines) + "."


def _told(fact: Fact, draw: random.Random) -> str:
    """Three steps, counted off or as bare sentences."""
    if draw.random() < 0.4:
        return fact.steps.spoken()
    items = (item[0].upper() + item[1:] + "." for item in fact.steps.items)
    return " ".join((fact.steps.opening, *items))


def _asked(fact: Fact, draw: random.Random) -> str:
    """The plain question, at times shortened, hurried or without its small words."""
    kind = draw.random()
    words = fact.plain_question.rstrip("?").split()
    if kind < 0.35:
        return fact.plain_question
    if kind < 0.5:
        return "Tell me, " + " ".join([words[0].lower(), *words[1:]]) + "?"
    if kind < 0.75:
        kept = [word for word in words if draw.random() < 0.8] or words
        return " ".join([kept[0].capitalize(), *kept[1:]]) + "?"
    near = [*words[1:], *fact.question.rstrip("?").split()[1:], *fact.point.split()]
    content = [word.strip(",.") for word in near]
    content = [word for word in content if word.lower() not in SMALL_WORDS]
    kept = draw.sample(content, min(len(content), draw.randint(3, 5)))
    opener = draw.choice(("What about", "How is it with", "Why", "When", "How", "What"))
    return " ".join([opener, *(word.lower() for word in kept)]) + "?"
