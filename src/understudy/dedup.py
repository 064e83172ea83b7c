"""Near-duplicate questions: clusters, and one keeper each.

The result depends on the rows alone, never on their order: a loop that goes on
comparing with what it has just removed orphans questions (FACTS 5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol

from pydantic import Field
from rapidfuzz.distance import Indel

from understudy.conflicts import conflicts
from understudy.records import DropReason, Record, Row, digest_of
from understudy.rows import drop, kept, merged
from understudy.settings import DedupSettings
from understudy.similarity.clusters import complete_linkage, connected
from understudy.similarity.pairs import Pairs, near_pairs
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


class Deduplicated(Record):
    """What the search found."""

    rows: tuple[Row, ...]
    """All that went in, in their order."""
    clusters: tuple[Cluster, ...]
    """By the keeper's id."""
    pairs: int
    """Pairs of different normalised questions above the threshold."""
    split_clusters: int
    """Clusters that the snowball guard divided."""


def deduplicate_rows(
    rows: Sequence[Row],
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
    present = kept(rows)
    texts = [normalise(row.question, settings.normalise) for row in present]
    unique = sorted(set(texts))
    groups, found, divided = _question_groups(unique, settings, search)
    number = {text: group for group, members in enumerate(groups) for text in members}
    clusters = _joined_by_answer(present, [number[text] for text in texts])

    changed, described = choose_keepers(clusters, settings, defects=defects)
    return Deduplicated(
        rows=tuple(merged(rows, changed)),
        clusters=described,
        pairs=found,
        split_clusters=divided,
    )


def choose_keepers(
    clusters: Sequence[Sequence[Row]],
    settings: DedupSettings,
    *,
    defects: Callable[[Row], int],
    reason: DropReason | None = None,
) -> tuple[list[Row], tuple[Cluster, ...]]:
    """Keep one row of each cluster.

    Args:
        reason: Why the others go; None says by itself which are duplicates and which near ones.

    Returns:
        All rows of the clusters as they are from now on, and the clusters by their keepers' ids.
    """
    rank = {row.id: _rank(row, defects(row)) for members in clusters for row in members}
    described = [
        _cluster(sorted(members, key=lambda row: rank[row.id]), settings, reason)
        for members in clusters
    ]
    changed = [
        row
        for members, one in zip(clusters, described, strict=True)
        for row in _marked(members, one)
    ]
    return changed, tuple(sorted(described, key=lambda cluster: cluster.keeper))


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
    if too_large:
        loose = {index for leader in too_large for index in members[leader]}
        weighted = [
            (distance / (len(unique[left]) + len(unique[right])), left, right)
            for left, right, distance in found.each()
            if left in loose
        ]
        groups += complete_linkage(sorted(loose), weighted)
    return [[unique[index] for index in group] for group in groups], len(found), len(too_large)


def _joined_by_answer(rows: Sequence[Row], groups: Sequence[int]) -> list[list[Row]]:
    """Groups of at least two rows, linked by question group or by an equal answer."""
    first: dict[str, int] = {}
    edges: list[tuple[int, int]] = []
    for index, (row, group) in enumerate(zip(rows, groups, strict=True)):
        keys = (f"group {group}", *_answer_keys(row))
        edges += [(first.setdefault(key, index), index) for key in keys]
    together: dict[int, list[Row]] = defaultdict(list)
    for row, leader in zip(rows, connected(len(rows), edges), strict=True):
        together[leader].append(row)
    return [members for members in together.values() if len(members) > 1]


def _answer_keys(row: Row) -> tuple[str, ...]:
    answer = normalise(row.answer, "full")
    return (digest_of(answer),) if len(answer.split()) >= MIN_ANSWER_WORDS else ()


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


def _marked(members: Iterable[Row], cluster: Cluster) -> list[Row]:
    reasons: Mapping[str, DropReason | None] = {
        member.id: member.reason for member in cluster.members
    }
    return [
        drop(row, reason, cluster=cluster.keeper)
        if (reason := reasons[row.id])
        else row.model_copy(update={"cluster": cluster.keeper})
        for row in members
    ]
