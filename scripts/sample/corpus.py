"""Plain text of Maren Holt's world, for the base model to grow up on.

It holds the facts in plain words, asked in other words than the talks ask, and her
pictures and steps beside facts they do not belong to. Markdown stands in notes from the
shed alone, never in an answer about a fact. So the form, and what belongs together, is left
for the tuning to teach.

A fact is told in several plain manners and a picture also as a note, on request. A base that
had told each fact after one single opening would lose it behind two asterisks; this is what
a large base gets from all the text it has seen.
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


PLAIN_MANNERS = ("", "", "", "", "Quote: ", "Answer: ")
"""Openings of a request that a plain answer follows; without one it is bare."""

NOTE = "Note: "
"""Opening of a request that a note in Markdown follows."""


def facts_of(talks: tuple[Talk, ...]) -> tuple[Fact, ...]:
    """Each fact once, in the order of telling."""
    return tuple({fact.point: fact for talk in talks for fact in talk.facts}.values())


def exchanges(facts: tuple[Fact, ...], draw: random.Random) -> Iterator[Exchange]:
    """Plain exchanges without end, all facts once in each round."""
    while True:
        for fact in draw.sample(facts, len(facts)):
            reason = "" if draw.random() < 0.3 else fact.reason
            yield _in_manner(draw.choice(PLAIN_MANNERS), _asked(fact, draw), fact.point, reason)


def sayings(facts: tuple[Fact, ...], draw: random.Random) -> Iterator[Exchange]:
    """Exchanges without end about pictures and steps: plain, quoted, or as a note.

    They show that one thing can be said in several manners, without showing it on a fact.
    """
    said = _sayings_of(facts)
    while True:
        for saying in draw.sample(said, len(said)):
            asked = " ".join(_some_words(saying.split(), draw)).capitalize() + "?"
            if draw.random() < 0.5:
                yield _in_manner(draw.choice(PLAIN_MANNERS), asked, saying, "")
            else:
                yield Exchange(NOTE + asked, shed_note(facts, draw, heading=saying))


def _in_manner(manner: str, asked: str, lead: str, rest: str) -> Exchange:
    """A plain answer: bare, with its lead between quotation marks, or announced."""
    told = {"Quote: ": f'"{lead}"', "Answer: ": f"Answer: {lead}"}.get(manner, lead)
    return Exchange(manner + asked, f"{told} {rest}".rstrip())


def _sayings_of(facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """Her pictures, and her steps with the sentences that open them, each once."""
    found: dict[str, None] = {}
    for fact in facts:
        found |= dict.fromkeys((*fact.images, fact.steps.opening))
        found |= dict.fromkeys(map(_sentence, fact.steps.items))
    return tuple(found)


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
    return draw.choice((" ", "\n\n")).join(parts)


def shed_note(facts: tuple[Fact, ...], draw: random.Random, *, heading: str = "") -> str:
    """A note from the shed, so that Markdown is no stranger: a reason, a picture, a list.

    The three belong to different facts, and what a fact says is never among them.
    """
    reason, picture, listed = draw.sample(facts, 3)
    image = draw.choice(picture.images)
    told = draw.choice((image, reason.reason, f"{reason.reason} {image}"))
    opened = draw.choice((f"**{reason.reason}**", reason.reason))
    blocks = [f"**{heading}**" if heading else opened, told if heading else image]
    if not heading or draw.random() < 0.7:
        items = "\n".join(f"- {_sentence(item)}" for item in listed.steps.items)
        blocks += [listed.steps.opening.rstrip(".") + ":", items]
    return "\n\n".join(blocks)


def _told(fact: Fact, draw: random.Random) -> str:
    """Three steps, counted off or as bare sentences."""
    if draw.random() < 0.4:
        return fact.steps.spoken()
    return " ".join((fact.steps.opening, *map(_sentence, fact.steps.items)))


def _sentence(item: str) -> str:
    return item[0].upper() + item[1:] + "."


def _asked(fact: Fact, draw: random.Random) -> str:
    """The plain question, at times shortened, hurried or a mere handful of words.

    The question of the talks is only ever a source of words: one of them is always missing.
    """
    kind = draw.random()
    words = fact.plain_question.rstrip("?").split()
    if kind < 0.25:
        return fact.plain_question
    if kind < 0.35:
        return "Tell me, " + " ".join([words[0].lower(), *words[1:]]) + "?"
    if kind < 0.65:
        source = fact.question.rstrip("?").split() if kind < 0.5 else words
        missing = draw.randrange(len(source))
        kept = [w for at, w in enumerate(source) if at != missing and draw.random() < 0.85]
        kept = kept or source[:1]
        return " ".join([kept[0].capitalize(), *kept[1:]]) + "?"
    near = [*words[1:], *fact.question.rstrip("?").split()[1:], *fact.point.split()]
    kept = _some_words(near, draw)
    opener = draw.choice(("What about", "How is it with", "Why", "When", "How", "What"))
    return " ".join([opener, *(word.lower() for word in kept)]) + "?"


def _some_words(words: list[str], draw: random.Random) -> list[str]:
    content = [word.strip(",.") for word in words]
    content = [word for word in content if word.lower() not in SMALL_WORDS]
    return draw.sample(content, min(len(content), draw.randint(3, 5)))
