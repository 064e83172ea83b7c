"""Train, validation and test by video, and no question of the held-out parts in train.

Rows of one video repeat its claims and phrasing, so a test row with a sibling in
train measures memory. Grouping by video alone is not enough: the same question is
asked in different videos (FACTS 3), so train rows near a held-out one are purged.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from sys import intern
from typing import NamedTuple, get_args

from pydantic import Field

from understudy.artifacts import canonical_json
from understudy.dedup import normalise
from understudy.errors import EmptySplitError
from understudy.records import NO_VIDEO, DropReason, Part, Record, Row, RowId, VideoId, digest_of
from understudy.rows import drop
from understudy.settings import SplitSettings
from understudy.similarity.clusters import connected
from understudy.similarity.pairs import near_pairs, with_a_match
from understudy.table import Rows, changed, is_kept

VERSION = "4"
FOLDER = "4-split"
"""Of the stage's table, for those that read it without being the stage after."""
PARTS: tuple[Part, ...] = get_args(Part)
HELD_OUT: frozenset[Part] = frozenset({"valid", "test"})


class Assignment(Record):
    """Which part each video belongs to, for ever: `splits/<digest>.json`, one file per draw."""

    salt: str
    shares: tuple[float, float, float]
    """Train, valid, test."""
    validation_rows: int | None
    parts: Mapping[VideoId, Part] = Field(default_factory=dict)
    """By video id, in alphabetical order."""

    def drawn_with(self, settings: SplitSettings) -> bool:
        """Whether these settings would continue this draw rather than begin another."""
        return (self.salt, self.shares, self.validation_rows) == _draw(settings)


def new_assignment(settings: SplitSettings) -> Assignment:
    """A draw in which no video has a part yet."""
    salt, shares, validation_rows = _draw(settings)
    return Assignment(salt=salt, shares=shares, validation_rows=validation_rows)


def _draw(settings: SplitSettings) -> tuple[str, tuple[float, float, float], int | None]:
    shares = (settings.train, settings.valid, settings.test)
    return settings.salt, shares, settings.validation_rows


def draw_digest(settings: SplitSettings) -> str:
    """Name the draw that these settings begin or continue."""
    return digest_of(canonical_json(list(_draw(settings))))


def assign(
    rows_per_video: Mapping[str, int], settings: SplitSettings, before: Assignment
) -> Assignment:
    """Give every new video a part; a video that has one keeps it.

    New videos are taken in the order of their keyed hash. Each goes to the part that is farthest
    below its share, a part without any video first, so that all shares are within one video of
    their target after every step. A rule that looks at the id alone could not do that: its shares
    wander by 3 points (one standard deviation) at 148 videos, and a part may stay empty.

    Args:
        rows_per_video: Videos that are here now, and how many rows each has.
        before: What earlier runs decided. Its videos that are gone for now keep their part.

    Returns:
        `before` with the new videos added.

    Raises:
        EmptySplitError: A part with a share above 0 has no video. Add videos or change the salt.
    """
    known = before if before.drawn_with(settings) else new_assignment(settings)
    parts: dict[str, Part] = dict(known.parts)
    counts: Counter[Part] = Counter(parts[video] for video in rows_per_video if video in parts)
    valid_rows = sum(n for video, n in rows_per_video.items() if parts.get(video) == "valid")
    new = [video for video in rows_per_video if video not in parts]
    for video in sorted(new, key=lambda name: position_of(name, settings.salt)):
        part = _neediest(counts, valid_rows, settings)
        parts[video] = part
        counts[part] += 1
        valid_rows += rows_per_video[video] if part == "valid" else 0
    _check_not_empty(counts, valid_rows, settings)
    return known.model_copy(update={"parts": dict(sorted(parts.items()))})


def _neediest(counts: Mapping[Part, int], valid_rows: int, settings: SplitSettings) -> Part:
    """The part that the next video goes to."""
    total = sum(counts.values()) + 1
    if settings.validation_rows is not None and counts["train"] and counts["test"]:
        if valid_rows < settings.validation_rows:
            return "valid"
        shares: dict[Part, float] = {"train": settings.train, "test": settings.test}
        total -= counts["valid"]
        scale = settings.train + settings.test
    else:
        shares = {"train": settings.train, "test": settings.test, "valid": settings.valid}
        scale = 1.0
    wanted: dict[Part, float] = {part: share / scale for part, share in shares.items() if share > 0}
    return max(wanted, key=lambda part: (not counts[part], wanted[part] * total - counts[part]))


def position_of(name: str, salt: str) -> bytes:
    """Where a video or row stands in the order that the salt gives: bytes to sort by."""
    return hashlib.sha256(f"{salt}/{name}".encode()).digest()


def _check_not_empty(counts: Mapping[Part, int], valid_rows: int, settings: SplitSettings) -> None:
    total = sum(counts.values())
    wanted: dict[Part, float] = {
        "train": settings.train,
        "valid": settings.valid or float(settings.validation_rows or 0),
        "test": settings.test,
    }
    if empty := [part for part in PARTS if wanted[part] > 0 and not counts[part]]:
        raise EmptySplitError(
            f"no video fell into {', '.join(empty)} out of {total} videos with usable rows: a part "
            f"needs at least one video of its own. Add videos{_another_draw(total, wanted)}"
        )
    if settings.validation_rows is not None and valid_rows < settings.validation_rows:
        raise EmptySplitError(
            f"only {valid_rows} of {settings.validation_rows} validation rows can be had out of "
            f"{total} videos: lower split.validation_rows, or change split.salt for another draw"
        )


def _another_draw(videos: int, wanted: Mapping[Part, float]) -> str:
    """The other way out, where there are videos enough for it to be one."""
    if videos < sum(share > 0 for share in wanted.values()):
        return ""
    return ", or change split.salt for another draw"


# --- rows --------------------------------------------------------------------


class Asked(NamedTuple):
    """What the split knows of a kept row."""

    id: RowId
    video_id: VideoId
    question: str
    """Fully normalised."""
    insisted: bool


def split_rows_by_video(
    rows: Rows, settings: SplitSettings, before: Assignment | None = None
) -> tuple[Rows, Assignment]:
    """Give each kept row its video's part, then take what is near a held-out row out of train.

    With `settings.validation_rows`, validation rows beyond that number are dropped as
    `not_selected`, those with the highest hash first. Rows that name no video are divided by
    cluster: those that ask nearly the same share a part.

    Returns:
        All rows in their order, and the parts of the videos for the next run.

    Raises:
        EmptySplitError: A part has no video, or train has no row left after the purge.
    """
    known = before if before and before.drawn_with(settings) else new_assignment(settings)
    asked = [asked_of(row) for row in rows if is_kept(row)]
    leaders = _leaders(asked, known, settings.purge_threshold)
    counts = Counter(leaders.get(row.video_id, row.video_id) for row in asked)
    drawn = assign(counts, settings, known)
    led: dict[str, Part] = {video: drawn.parts[leader] for video, leader in leaders.items()}
    parts: Mapping[str, Part] = {**drawn.parts, **led}
    assignment = drawn.model_copy(update={"parts": dict(sorted(parts.items()))})
    out = _dropped(asked, parts, settings)
    if not any(parts[row.video_id] == "train" and row.id not in out for row in asked):
        raise EmptySplitError(
            f"every training row is near a held-out one at split.purge_threshold "
            f"{settings.purge_threshold} out of {len(counts)} videos: raise the threshold or add videos"
        )

    def divide(row: Row) -> Row:
        if not is_kept(row):
            return row
        if reason := out.get(row.id):
            return drop(row, reason)
        return row.model_copy(update={"part": parts[row.video_id]})

    return changed(rows, divide), assignment


def asked_of(row: Row) -> Asked:
    """Of a row, what the split looks at."""
    # Python keeps one copy of an interned name, and a video has many rows.
    return Asked(row.id, intern(row.video_id), comparable(row), row.insisted)


def _leaders(rows: Sequence[Asked], known: Assignment, threshold: float) -> dict[str, str]:
    """For new rows that name no video: whose part they share, by what asks nearly the same.

    A cluster follows a member that has a part already, so that no row ever moves; a cluster of new
    rows follows the one with the lowest id.
    """
    alone = sorted(
        (row for row in rows if NO_VIDEO.fullmatch(row.video_id)),
        key=lambda row: (row.video_id not in known.parts, row.video_id),
    )
    near = near_pairs([row.question for row in alone], threshold=threshold)
    edges = ((left, right) for left, right, _ in near.each())
    return {
        row.video_id: alone[leader].video_id
        for row, leader in zip(alone, connected(len(alone), edges), strict=True)
        if row.video_id not in known.parts and row.video_id != alone[leader].video_id
    }


def _dropped(
    rows: Sequence[Asked], parts: Mapping[str, Part], settings: SplitSettings
) -> dict[str, DropReason]:
    """Why rows leave the set that has been divided: too many for validation, or a leak."""
    inside: dict[Part, list[Asked]] = {part: [] for part in PARTS}
    for row in rows:
        inside[parts[row.video_id]].append(row)
    surplus = _surplus(inside["valid"], settings)
    out: dict[str, DropReason] = dict.fromkeys(surplus, "not_selected")
    held_out = [row for row in rows if parts[row.video_id] in HELD_OUT and row.id not in out]
    return out | purge(inside["train"], held_out, settings.purge_threshold)


def _surplus(valid: Sequence[Asked], settings: SplitSettings) -> list[str]:
    """Validation rows beyond the number that was asked for."""
    if settings.validation_rows is None:
        return []
    ranked = sorted(valid, key=lambda row: (not row.insisted, position_of(row.id, settings.salt)))
    return [row.id for row in ranked[settings.validation_rows :] if not row.insisted]


def purge(
    train: Sequence[Asked], held_out: Sequence[Asked], threshold: float
) -> dict[str, DropReason]:
    """Name the train rows whose question is nearer than the threshold to a held-out question.

    Where a person insists on the train row, the held-out one goes instead, so that neither the
    decision nor the proof suffers; only where the person insists on both does the leak stay, and
    the leak report counts it.
    """
    near = _near([row for row in train if not row.insisted], held_out, threshold)
    insisted = [row for row in train if row.insisted]
    reviewed = _near([row for row in held_out if not row.insisted], insisted, threshold)
    out: dict[str, DropReason] = dict.fromkeys(near, "near_heldout")
    out.update(dict.fromkeys(reviewed, "near_reviewed"))
    return out


def _near(rows: Sequence[Asked], others: Sequence[Asked], threshold: float) -> list[str]:
    """Ids of the rows whose question is near one of the others'."""
    near = with_a_match(
        [row.question for row in rows], [row.question for row in others], threshold=threshold
    )
    return [row.id for row, is_near in zip(rows, near.tolist(), strict=True) if is_near]


def comparable(row: Row) -> str:
    """A question as the leak and the purge compare it: fully normalised."""
    return normalise(row.question, "full")
