"""The invented world of Maren Holt: facts, pictures and steps, read from bank.yaml."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

BANK = Path(__file__).with_name("bank.yaml")
SEED = 20261122
ORDINALS = ("First", "Second", "Third")


@dataclass(frozen=True)
class Steps:
    """Three steps and the sentence that opens them."""

    opening: str
    items: tuple[str, ...]

    def spoken(self) -> str:
        steps = (f"{word}, {item}." for word, item in zip(ORDINALS, self.items, strict=True))
        return " ".join((self.opening, *steps))


@dataclass(frozen=True)
class Fact:
    """A question, its answer and what Maren Holt puts beside it."""

    question: str
    plain_question: str
    point: str
    reason: str
    images: tuple[str, ...]
    steps: Steps


@dataclass(frozen=True)
class Talk:
    """A title and the facts it tells, in order."""

    title: str
    opening: str
    closing: str
    facts: tuple[Fact, ...]


def load_talks() -> tuple[Talk, ...]:
    """Read the bank.

    Raises:
        KeyError: A fact names an image, a list or an earlier fact that does not exist.
    """
    bank: dict[str, Any] = yaml.safe_load(BANK.read_text(encoding="utf-8"))
    told: dict[str, dict[str, str]] = {}
    return tuple(_talk(bank, entry, told) for entry in bank["talks"])


def _talk(bank: dict[str, Any], entry: dict[str, Any], told: dict[str, dict[str, str]]) -> Talk:
    facts: list[Fact] = []
    for given in entry["facts"]:
        known = {**told[given["as"]], **given} if "as" in given else given
        told.setdefault(given["q"], known)
        facts.append(_fact(bank, known))
    return Talk(entry["title"], entry["opening"], entry["closing"], tuple(facts))


def _fact(bank: dict[str, Any], known: dict[str, str]) -> Fact:
    opening, *items = bank["lists"][known["l"]]
    return Fact(
        question=known["q"],
        plain_question=known["p"],
        point=known["a"],
        reason=known["w"],
        images=tuple(bank["images"][known["i"]]),
        steps=Steps(opening, tuple(items)),
    )


def generator(name: str) -> random.Random:
    """A stream of its own for each use, so that one more draw here moves nothing there."""
    return random.Random(f"{SEED}/{name}")
