"""How much of the held-out rows train has seen, beside what a random split would show.

A random 80/20 split of the rows of 148 real videos puts 342 of 342 held-out rows
into videos that are also in train (FACTS 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from understudy.records import Part, Record, Row
from understudy.rows import kept
from understudy.settings import SplitSettings
from understudy.similarity.grams import sharing_a_run
from understudy.similarity.pairs import with_a_match
from understudy.split import HELD_OUT, PARTS, comparable, position_of

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


def leak_report(rows: Sequence[Row], settings: SplitSettings) -> LeakReport:
    """Measure the leak of a random row split and of this split.

    The purge has just compared every training question with every held-out one, which is the
    dearest step of the split. What it leaves near each other are rows that a person insists on,
    and only those are compared again.

    Args:
        rows: After the split with these settings; variants are left out, for what they were made
            from counts.
    """
    originals = [row for row in rows if row.kind == "original"]
    placed = [row for row in kept(originals) if row.part is not None]
    train = [row for row in placed if row.part == "train"]
    held_out = [row for row in placed if row.part in HELD_OUT]
    purged = sum(row.reason == "near_heldout" for row in originals)
    videos: dict[Part, int] = {
        part: len({row.video_id for row in placed if row.part == part}) for part in PARTS
    }
    after = measure_leak(train, held_out, settings.purge_threshold, purged=True)
    return LeakReport(
        threshold=settings.purge_threshold,
        before=measure_leak(*random_split(originals, settings), settings.purge_threshold),
        after=after,
        purged_rows=purged,
        purged_share=round(purged / max(1, purged + len(train)), 6),
        videos=videos,
        claims=_claims(videos, after.rows_near_duplicate),
    )


def random_split(rows: Sequence[Row], settings: SplitSettings) -> tuple[list[Row], list[Row]]:
    """Split as the old pipeline did: rows at random, duplicates and siblings wherever they fall.

    Returns:
        Train rows and held-out rows; rows dropped for anything but being a duplicate are left out.
    """
    usable = [row for row in rows if row.status == "kept" or row.reason in _WERE_USABLE]
    drawn = sorted(usable, key=lambda row: position_of(row.id, f"row/{settings.salt}"))
    size = round(settings.train * len(drawn))
    return drawn[:size], drawn[size:]


_WERE_USABLE = frozenset(
    {"duplicate_row", "near_duplicate", "near_heldout", "near_reviewed", "not_selected"}
)


def measure_leak(
    train: Sequence[Row], held_out: Sequence[Row], threshold: float, *, purged: bool = False
) -> Leak:
    """Count the held-out rows that train has seen, in three senses.

    Args:
        purged: Whether the purge left these rows, so that no others than those that a person
            insists on can be near each other.
    """
    near = with_a_match(
        *(
            comparable(row for row in rows if row.insisted or not purged)
            for rows in (held_out, train)
        ),
        threshold=threshold,
    )
    videos = {row.video_id for row in train}
    shared = sharing_a_run([row.answer for row in held_out], (row.answer for row in train))
    return Leak(
        held_out_rows=len(held_out),
        train_rows=len(train),
        rows_sharing_video=sum(row.video_id in videos for row in held_out),
        rows_near_duplicate=int(near.sum()),
        rows_sharing_8gram=sum(shared),
    )


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
