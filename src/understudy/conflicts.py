"""Two answers to the same question that contradict each other on their face."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from understudy.table import Rows, named, selected

_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LEAD = re.compile(r"^\W*(yes|no|not|never|always)\b", re.IGNORECASE)
_POLARITY = {"yes": True, "always": True, "no": False, "not": False, "never": False}
_LITTLE = 0.08
"""Share of common words (Jaccard) under which two answers to one question are worth a look."""


def conflicts(one: str, other: str) -> tuple[str, ...]:
    """Name the ways in which two answers to the same question disagree on their face."""
    found: list[str] = []
    leads = [
        _POLARITY[lead.group(1).lower()] for text in (one, other) if (lead := _LEAD.match(text))
    ]
    if len(leads) == 2 and leads[0] != leads[1]:
        found.append("yes_or_no")
    numbers, others = set(_NUMBER.findall(one)), set(_NUMBER.findall(other))
    if numbers and others and not numbers & others:
        found.append("numbers")
    words, more = ({word.lower() for word in _WORD.findall(text)} for text in (one, other))
    if words and more and len(words & more) < _LITTLE * len(words | more):
        found.append("little_in_common")
    return tuple(found)


class Disagreement(NamedTuple):
    """A duplicate whose answer disagrees with that of its cluster's keeper."""

    id: str
    keeper: str
    how: tuple[str, ...]


def disagreements(rows: Rows) -> Iterator[Disagreement]:
    """Find the clusters of near-duplicates whose answers disagree, as dedup listed them."""
    clustered = selected(rows, lambda row: row.cluster is not None)
    keeper_of = named(clustered, {row.cluster for row in clustered if row.cluster})
    for row in clustered:
        if row.cluster and row.cluster != row.id:
            how = conflicts(row.answer, keeper_of(row.cluster).answer)
            if how:
                yield Disagreement(row.id, row.cluster, how)
