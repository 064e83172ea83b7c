"""How much of the held-out rows train has seen, beside what a random split would show.

A random 80/20 split of the rows of 148 real videos puts 342 of 342 held-out rows
into videos that are also in train (FACTS 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from understudy.records import Part, Record, Row
from understudy.settings import SplitSettings
from understudy.similarity.grams import sharing_a_run
from understudy.similarity.pairs import with_a_match
from understudy.split import HELD_OUT, PARTS, comparable, position_of
from understudy.table import Anew, Rows, selected

FEW_VIDEOS = 5
"""Under this many videos the split works, but carries no claim about unseen talks."""


class Leak(Record):
    """How much of the held-out rows train has seen."""

    held_out_rows: int
    train_rows: int
    rows_sharing_video: int
    """Held-out rows whose video is also in train."""
    rows_near_duplicate: int
    """Held-out rows with a train question nearer than the purge threshold."""
    rows_sharing_8gram: int
    """Held-out rows whose answer shares eight words in a row with a train answer."""


class LeakReport(Record):
    """`leak.json`: a random split of the same rows, and this one."""

    threshold: float
    """Similarity of questions above which rows are near-duplicates."""
    before: Leak
    """Rows drawn at random into parts of the same shares, before duplicates were removed: what
    the pipeline that this replaces did."""
    after: Leak
    """This dataset."""
    purged_rows: int
    purged_share: float
    """Of the train rows before the purge."""
    videos: Mapping[Part, int]
    claims: tuple[str, ...]
    """What this split can and cannot show, in words; the first says how it divides the videos."""

    @property
    def cautions(self) -> tuple[str, ...]:
        """What it cannot show."""
        return self.claims[1:]


def leak_report(rows: Rows, settings: SplitSettings) -> LeakReport:
    """Measure the leak of a random row split and of this split.

    The purge has just compared every training question with every held-out one, which is the
    dearest step of the split. What it leaves near each other are rows that a person insists on,
    and only those are compared again.

    Args:
        rows: After the split with these settings; variants are left out, for what they were made
            from counts.
    """
    originals = selected(rows, lambda row: row.kind == "original")
    train = selected(originals, lambda row: row.part == "train")
    held_out = selected(originals, lambda row: row.part in HELD_OUT)
    purged = sum(row.reason == "near_heldout" for row in originals)
    placed = Counter(part for part, _ in {(row.part, row.video_id) for row in originals})
    videos: dict[Part, int] = {part: placed[part] for part in PARTS}
    after = measure_leak(train, held_out, settings.purge_threshold, purged=True)
    return LeakReport(
        threshold=settings.purge_threshold,
        before=measure_leak(*random_split(originals, settings), settings.purge_threshold),
        after=after,
        purged_rows=purged,
        purged_share=round(purged / max(1, purged + after.train_rows), 6),
        videos=videos,
        claims=_claims(videos, after.rows_near_duplicate),
    )


def random_split(rows: Rows, settings: SplitSettings) -> tuple[Anew, Anew]:
    """Split as the old pipeline did: rows at random, duplicates and siblings wherever they fall.

    Returns:
        Train rows and held-out rows; rows dropped for anything but being a duplicate are left out.
    """
    usable = selected(rows, lambda row: row.reason in _WERE_USABLE)
    drawn = sorted((position_of(row.id, f"row/{settings.salt}"), row.id) for row in usable)
    train = {name for _, name in drawn[: round(settings.train * len(drawn))]}
    return (
        selected(usable, lambda row: row.id in train),
        selected(usable, lambda row: row.id not in train),
    )


_WERE_USABLE = frozenset(
    {None, "duplicate_row", "near_duplicate", "near_heldout", "near_reviewed", "not_selected"}
)


def measure_leak(train: Rows, held_out: Rows, threshold: float, *, purged: bool = False) -> Leak:
    """Count the held-out rows that train has seen, in three senses.

    Args:
        purged: Whether the purge left these rows, so that no others than those that a person
            insists on can be near each other.
    """
    rows_of, held_of = _by_video(train), _by_video(held_out)
    near = with_a_match(
        *(
            [comparable(row) for row in rows if row.insisted or not purged]
            for rows in (held_out, train)
        ),
        threshold=threshold,
    )
    shared = sharing_a_run((row.answer for row in held_out), (row.answer for row in train))
    return Leak(
        held_out_rows=held_of.total(),
        train_rows=rows_of.total(),
        rows_sharing_video=sum(count for video, count in held_of.items() if video in rows_of),
        rows_near_duplicate=int(near.sum()),
        rows_sharing_8gram=sum(shared),
    )


def _by_video(rows: Iterable[Row]) -> Counter[str]:
    return Counter(row.video_id for row in rows)


def _claims(videos: Mapping[Part, int], near: int) -> tuple[str, ...]:
    total = sum(videos.values())
    shown = ", ".join(f"{count} {part}" for part, count in videos.items())
    claims = [f"{total} videos: {shown}. No video is in two parts."]
    if total < FEW_VIDEOS:
        claims.append(
            f"With {total} videos nothing can be claimed about unseen talks: the held-out rows come "
            "from so few of them that another draw could say the opposite."
        )
    elif videos["test"] < FEW_VIDEOS:
        claims.append(
            f"{videos['test']} test videos: an interval over videos is wide, and a difference must "
            "be large to show."
        )
    if near:  # the purge leaves only what a person insists on
        claims.append(
            f"{near} held-out rows are near a training row, because the review keeps both: their "
            "figures may show memory."
        )
    return tuple(claims)
