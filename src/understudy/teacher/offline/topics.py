"""What a talk comes back to: noun phrases and names, told by their company alone.

There is no grammar model here. A phrase counts as a noun phrase when its words
carry content and it stands where nouns stand: after an article, an adjective or
a preposition, and seldom after "to", "can" or "we", where verbs stand.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.teacher.offline.sentences import Sentence
from understudy.teacher.offline.words import VERBISH, is_content

LEAST_PHRASE = 2
LEAST_WORD = 3
"""Sentences that have to hold a phrase, and a single name or plural, for it to be a topic."""

_BEFORE_VERBS = frozenset(
    """
    also and'll can can't could didn't doesn't don't he i it's just let's not please she
    should that's they they'd they'll to we we'd we'll who will won't would you you'll
    """.split()  # noqa: SIM905  (a word list)
)


@dataclass(frozen=True)
class Topic:
    """Something the talk speaks of more than once."""

    name: str
    """With its article, as it stands in a sentence: `the legal system`, `Microsoft`."""
    key: str
    """The bare words in lower case."""
    plural: bool
    specific: bool
    """It is a name or has two words at least."""
    count: int


@dataclass
class _Seen:
    """How a run of words was written and what stood before it."""

    forms: Counter[str]
    before: Counter[str]
    inside: int = 0
    """Times it stood after the first word of a sentence: only there a capital means a name."""


def topics_of(sentences: Sequence[Sentence]) -> tuple[Topic, ...]:
    """The topics of a talk, the weightiest first; none shares a word with a weightier one."""
    seen: defaultdict[str, _Seen] = defaultdict(lambda: _Seen(Counter(), Counter()))
    for sentence in sentences:
        _note(sentence.text, seen)
    found = [topic for key, one in seen.items() if (topic := _topic(key, one))]
    found.sort(key=lambda topic: (-topic.count * (1 + len(topic.key.split())), topic.key))
    kept: list[Topic] = []
    taken: set[str] = set()
    for topic in found:
        stems = {word.removesuffix("s") for word in topic.key.split()}
        if not stems & taken:
            kept.append(topic)
            taken |= stems
    return tuple(kept)


def holds(text: str, topic: Topic) -> bool:
    return re.search(rf"\b{re.escape(topic.key)}\b", text, re.IGNORECASE) is not None


def is_plural(phrase: str) -> bool:
    """Whether a noun phrase looks like a plural."""
    head = re.split(r" (?:of|for|in|behind|between) ", phrase)[0]
    name = head[0].isupper() and not head[:-1].isupper()
    return head.endswith("s") and not name and not head.endswith(("ss", "us", "is"))


def _note(text: str, seen: defaultdict[str, _Seen]) -> None:
    for at, run, before in _runs(text):
        one = seen[run.lower()]
        one.forms[run] += at > 0
        one.before[before] += 1
        one.inside += at > 0


def _runs(text: str) -> Iterator[tuple[int, str, str]]:
    """Each run of one to three nominal words once, with its place and the word before it."""
    done: set[str] = set()
    offset = 0
    for stretch in re.split(r"[^\w\s'’-]+", text):
        words = stretch.split()
        for size in (1, 2, 3):
            for at in range(len(words) - size + 1):
                run = words[at : at + size]
                key = " ".join(run)
                if all(map(is_nominal, run)) and key.lower() not in done:
                    done.add(key.lower())
                    yield at + offset, key, words[at - 1].lower() if at else ""
        offset += len(words)


def _topic(key: str, one: _Seen) -> Topic | None:
    words = key.split()
    count = sum(one.before.values())
    if count < (LEAST_WORD if len(words) == 1 else LEAST_PHRASE) or not one.inside:
        return None
    if sum(one.before[word] for word in _BEFORE_VERBS) * 4 > count:
        return None
    if len(set(words)) < len(words) or words[0].endswith(("ing", "ed")):
        return None
    form = max(one.forms, key=lambda written: (one.forms[written], written))
    name = form[0].isupper() and form != form.upper().lower()
    plural = is_plural(words[-1].lower())
    definite = sum(one.before[word] for word in ("the", "a", "an")) * 2 >= count
    specific = name or len(words) > 1
    if (
        not specific
        and not (definite and count > LEAST_WORD + 1)
        and not (plural and count > LEAST_WORD)
    ):
        return None
    written = _with_article(form, one.before, count, name=name, plural=plural)
    return Topic(written, key, plural, specific, count)


def _with_article(form: str, before: Counter[str], count: int, *, name: bool, plural: bool) -> str:
    """The article that the talk itself most often puts before a singular noun."""
    if before["the"] * 2 >= count:
        return f"the {form}"
    if name or plural:
        return form
    for article in ("a", "an"):
        if before[article]:
            return f"{article} {form}"
    return f"the {form}" if before["the"] else form


def is_nominal(word: str) -> bool:
    """Whether a word carries content and is not mostly used as a verb."""
    lower = word.lower()
    return (
        is_content(word)
        and lower not in VERBISH
        and not lower.endswith(("ly", "'s", "’s", "n't", "'re", "'ve", "'ll", "n’t"))
        and word[0].isalpha()
    )
