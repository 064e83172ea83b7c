"""Follow a channel: what is new, what of it still waits for its answers, and when to train again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field

from understudy.records import Record, Row, Video, VideoId
from understudy.settings import SourceSettings, WatchSettings
from understudy.sources.addresses import addresses
from understudy.sources.feed import feed_addresses
from understudy.transcripts import remembered


@dataclass(frozen=True)
class Found:
    """What one look saw."""

    videos: tuple[Video, ...]
    by: Literal["feed", "listing"]
    channel_id: str | None = None
    listed: datetime | None = None
    """When the whole channel was listed, where it was."""


class Awaited(Record):
    """A video that a look found, and that no pipeline run has dealt with to its end."""

    video_id: VideoId
    found: AwareDatetime
    tries: int = Field(default=0, ge=0)
    """How often the pipeline was asked to work on it."""


class Watched(Record):
    """What the looks at a channel have to remember, `watch.json`."""

    channel_id: str | None = None
    """YouTube's own, from which its feeds follow."""
    looked: AwareDatetime | None = None
    """When the newest look ended."""
    listed: AwareDatetime | None = None
    """When the whole channel was listed for the last time."""
    awaited: tuple[Awaited, ...] = ()

    def after(self, found: Found) -> Watched:
        """The same with what a look learnt of the channel itself."""
        return self.model_copy(
            update={
                "listed": found.listed or self.listed,
                "channel_id": found.channel_id or self.channel_id,
            }
        )

    def tried(self, video_ids: Collection[str]) -> Watched:
        """The same once the pipeline has been asked to work on these."""
        return self.model_copy(
            update={
                "awaited": tuple(
                    one.model_copy(update={"tries": one.tries + 1})
                    if one.video_id in video_ids
                    else one
                    for one in self.awaited
                )
            }
        )


@dataclass(frozen=True)
class Turn:
    """What is to be done about the awaited videos, by id."""

    new: tuple[str, ...]
    """The pipeline was never asked to work on them."""
    again: tuple[str, ...]
    """It was, and did not come to its end: the start got lost, or the run failed."""
    given_up: tuple[str, ...]
    """It was as often as the settings allow."""


def turn_of(awaited: Iterable[Awaited], max_tries: int) -> Turn:
    """Sort the awaited videos by how often they were tried."""
    waiting = list(awaited)
    return Turn(
        new=tuple(one.video_id for one in waiting if one.tries == 0),
        again=tuple(one.video_id for one in waiting if 0 < one.tries < max_tries),
        given_up=tuple(one.video_id for one in waiting if one.tries >= max(max_tries, 1)),
    )


def feeds_of(source: SourceSettings, settings: WatchSettings, state: Watched) -> tuple[str, ...]:
    """The feeds that together name the newest videos; none for what has no such feed.

    A playlist's feed shows its first videos, which are seldom its newest.
    """
    if source.kind != "youtube":
        return ()
    if settings.feed is not None:
        return (settings.feed,)
    if source.channel is None or state.channel_id is None:
        return ()
    if any("/playlist?" in page for page in addresses(source.channel, source.tabs)):
        return ()
    return feed_addresses(state.channel_id, source.tabs)


def listing_due(settings: WatchSettings, state: Watched, now: datetime) -> bool:
    """Whether the whole channel is to be listed, whatever its feed says."""
    age = timedelta(hours=settings.full_listing_h)
    return state.listed is None or now - state.listed >= age


def leaves_a_gap(feed: Sequence[Video], known: Collection[str]) -> bool:
    """Whether a feed shows nothing that is known: between it and that there may be more."""
    return bool(feed) and not any(video.video_id in known for video in feed)


def looked(
    state: Watched, found: Iterable[Video], known: Collection[str], now: datetime
) -> Watched:
    """The state after a look: what the ledger did not know is awaited from now on."""
    waiting = {one.video_id for one in state.awaited}
    ids = dict.fromkeys(video.video_id for video in found)
    new = tuple(
        Awaited(video_id=one, found=now) for one in ids if one not in known and one not in waiting
    )
    return state.model_copy(update={"looked": now, "awaited": state.awaited + new})


def is_over(video: Video | None, *, answered: bool) -> bool:
    """Whether nothing is left to wait for: it has its answers, never will, or is gone."""
    if video is None or answered or video.status == "imported":
        return True
    return remembered(video) or video.reason == "too_short"


def new_training_rows(before: Iterable[Row], after: Iterable[Row]) -> int:
    """Count the training rows whose text was not trained on; variants count with their source."""

    def texts(rows: Iterable[Row]) -> set[tuple[str, str]]:
        return {
            (row.video_id, row.digest)
            for row in rows
            if row.status == "kept" and row.part == "train" and row.kind == "original"
        }

    return len(texts(after) - texts(before))
