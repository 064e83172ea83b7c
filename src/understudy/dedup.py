"""Near-duplicate questions: clusters, and one keeper each.

The result depends on the rows alone, never on their order: a loop that goes on
comparing with what it has just removed orphans questions (FACTS 5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from rapidfuzz.distance import Indel

from understudy.conflicts import conflicts
from understudy.records import DropReason, Record, Row, digest_of
from understudy.rows import drop
from understudy.settings import DedupSettings
from understudy.similarity.clusters import complete_linkage, connected
from understudy.similarity.pairs import Pairs, near_pairs
from understudy.table import Rows, changed, gathered, is_kept
from understudy.text.form import form_of
from understudy.text.typography import level

VERSION = "2"
MIN_ANSWER_WORDS = 8
"""Shorter answers may be the same without one being a copy: `Yes, it does.`"""

Normalise = Literal["full", "lower"]


class Search(Protocol):
    """Finds the pairs of similar texts, as `near_pairs` does."""

    def __call__(self, texts: Sequence[str], *, threshold: float) -> Pairs: ...


class Member(Record):
    """One row of a cluster."""

    id: str
    video_id: str
    question: str
    similarity: float
    """Of its normalised question to the keeper's, in [0, 1]; 1 for the keeper itself."""
    reason: DropReason | None
    """None for the keeper, and for what a person insists on."""
    conflicts: tuple[str, ...] = ()
    """How its answer disagrees with the keeper's: `yes_or_no`, `numbers`, `little_in_common`."""


class Cluster(Record):
    """Rows that ask the same thing."""

    keeper: str
    members: tuple[Member, ...] = Field(min_length=2)
    """The keeper first, then by id."""

    @property
    def conflicting(self) -> bool:
        return any(member.conflicts for member in self.members)


@dataclass(frozen=True)
class Deduplicated:
    """What the search found."""

    rows: Rows
    """All that went in, in their order."""
    clusters: tuple[Cluster, ...]
    """By the keeper's id."""
    pairs: int
    """Pairs of different normalised questions above the threshold."""
    split_clusters: int
    """Clusters that the snowball guard divided."""


def deduplicate_rows(
    rows: Rows,
    settings: DedupSettings,
    *,
    defects: Callable[[Row], int],
    search: Search = near_pairs,
) -> Deduplicated:
    """Keep one row of each cluster of near-duplicates.

    Two kept rows are linked when their normalised questions are more similar than
    `settings.threshold`, or when their answers are equal and have at least 8 words. A cluster is
    what links connect; one with more than `settings.max_cluster` different questions is divided
    so that all questions of a part are alike (complete linkage). Equal answers link afterwards.
    What a person insists on stays, beside the keeper where there are several.

    Args:
        defects: Counts an answer's defects; the keeper is the row with the fewest, then the one
            with the best evidence, the most complete one, and last the lowest digest.
        search: Finds all pairs of similar texts; another one than ours may do it in portions.
    """
    places: list[int] = []
    texts: list[str] = []
    answers: list[str | None] = []
    for place, row in enumerate(rows):
        if is_kept(row):
            places.append(place)
            texts.append(normalise(row.question, settings.normalise))
            answers.append(_answer_key(row))
    unique = sorted(set(texts))
    groups, found, divided = _question_groups(unique, settings, search)
    number = {text: group for group, members in enumerate(groups) for text in members}
    linked = _joined_by_answer([number[text] for text in texts], answers)

    members = gathered(rows, [[places[one] for one in group] for group in linked])
    clusters = choose_keepers(members, settings, defects=defects)
    return Deduplicated(
        rows=marked(rows, clusters), clusters=clusters, pairs=found, split_clusters=divided
    )


def choose_keepers(
    clusters: Iterable[Sequence[Row]],
    settings: DedupSettings,
    *,
    defects: Callable[[Row], int],
    reason: DropReason | None = None,
) -> tuple[Cluster, ...]:
    """Keep one row of each cluster.

    Args:
        clusters: The rows of one are held at a time.
        reason: Why the others go; None says by itself which are duplicates and which near ones.

    Returns:
        The clusters by their keepers' ids.
    """
    described = (
        _cluster(sorted(members, key=lambda row: _rank(row, defects(row))), settings, reason)
        for members in clusters
    )
    return tuple(sorted(described, key=lambda cluster: cluster.keeper))


def marked(rows: Rows, clusters: Iterable[Cluster]) -> Rows:
    """The rows with their cluster, those dropped that it has a reason for."""
    found: dict[str, tuple[str, DropReason | None]] = {
        member.id: (cluster.keeper, member.reason)
        for cluster in clusters
        for member in cluster.members
    }

    def mark(row: Row) -> Row:
        if not is_kept(row) or row.id not in found:
            return row
        keeper, reason = found[row.id]
        if reason:
            return drop(row, reason, cluster=keeper)
        return row.model_copy(update={"cluster": keeper})

    return changed(rows, mark)


def normalise(text: str, how: Normalise) -> str:
    """Fold what does not change a question: case, or also width, spaces, dashes and quotes."""
    return text.lower() if how == "lower" else level(text)


def similarity(one: str, other: str) -> float:
    """The ratio of rapidfuzz / 100 of two texts that are normalised already."""
    return float(Indel.normalized_similarity(one, other))


# --- clusters ----------------------------------------------------------------


def _question_groups(
    unique: Sequence[str], settings: DedupSettings, search: Search
) -> tuple[list[list[str]], int, int]:
    """Group different texts; returns groups, number of pairs, number of divided groups."""
    found = search(unique, threshold=settings.threshold)
    leaders = connected(len(unique), ((left, right) for left, right, _ in found.each()))
    members: dict[int, list[int]] = defaultdict(list)
    for index, leader in enumerate(leaders):
        members[leader].append(index)
    too_large = {
        leader
        for leader, inside in members.items()
        if settings.max_cluster and len(inside) > settings.max_cluster
    }
    groups = [inside for leader, inside in members.items() if leader not in too_large]
    for leader, pairs in _pairs_of(too_large, found, np.asarray(leaders, dtype=np.int64)):
        weighted = (
            (distance / (len(unique[left]) + len(unique[right])), left, right)
            for left, right, distance in pairs.each()
        )
        groups += complete_linkage(members[leader], weighted)
    return [[unique[index] for index in group] for group in groups], len(found), len(too_large)


def _pairs_of(
    clusters: Iterable[int], found: Pairs, leaders: NDArray[np.int64]
) -> Iterator[tuple[int, Pairs]]:
    """Yield each of these clusters with its own pairs: divided all at once, they fill the memory."""
    leader = leaders[found.left]
    order = np.argsort(leader, kind="stable")
    ranked = leader[order]
    for cluster in clusters:
        first, last = (np.searchsorted(ranked, cluster, side) for side in ("left", "right"))
        own = order[first:last]
        yield cluster, Pairs(found.left[own], found.right[own], found.distance[own])


def _joined_by_answer(groups: Sequence[int], answers: Sequence[str | None]) -> Iterator[list[int]]:
    """Yield at least two rows each, linked by question group or by an equal answer."""
    edges = chain(_same(groups), _same(answers))
    together: dict[int, list[int]] = defaultdict(list)
    for index, leader in enumerate(connected(len(groups), edges)):
        together[leader].append(index)
    return (members for members in together.values() if len(members) > 1)


def _same(keys: Iterable[int | str | None]) -> Iterator[tuple[int, int]]:
    """Yield the first row of each key with each later one."""
    first: dict[int | str, int] = {}
    for index, key in enumerate(keys):
        if key is not None and first.setdefault(key, index) != index:
            yield first[key], index


def _answer_key(row: Row) -> str | None:
    answer = normalise(row.answer, "full")
    return digest_of(answer) if len(answer.split()) >= MIN_ANSWER_WORDS else None


# --- keepers and members -----------------------------------------------------


def _rank(row: Row, defects: int) -> tuple[bool, int, float, int, str]:
    """The keeper has the lowest: a person insists on it, fewest defects, best evidence, most
    complete, then a digest.
    """
    form = form_of(row.answer)
    complete = form.bold + form.list + form.paragraphs + bool(row.tags)
    evidence = -1.0 if row.evidence_score is None else row.evidence_score
    identity = f"{row.id}\n{row.question}\n{row.answer}"
    return (not row.insisted, defects, -evidence, -complete, digest_of(identity))


def _cluster(ranked: Sequence[Row], settings: DedupSettings, reason: DropReason | None) -> Cluster:
    keeper = ranked[0]
    others = sorted(ranked[1:], key=lambda row: row.id)
    return Cluster(
        keeper=keeper.id,
        members=(
            Member(
                id=keeper.id,
                video_id=keeper.video_id,
                question=keeper.question,
                similarity=1,
                reason=None,
            ),
            *(_member(row, keeper, settings, reason) for row in others),
        ),
    )


def _member(row: Row, keeper: Row, settings: DedupSettings, reason: DropReason | None) -> Member:
    one, other = (normalise(text, settings.normalise) for text in (row.question, keeper.question))
    same_answer = normalise(row.answer, "full") == normalise(keeper.answer, "full")
    equal = one == other or same_answer
    reason = reason or ("duplicate_row" if equal else "near_duplicate")
    return Member(
        id=row.id,
        video_id=row.video_id,
        question=row.question,
        similarity=round(similarity(one, other), 4),
        reason=None if row.insisted else reason,
        conflicts=conflicts(row.answer, keeper.answer),
    )
