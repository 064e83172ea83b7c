"""Look for videos that the channel's ledger does not know."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from prefect import task
from prefect.logging import get_run_logger

from tasks.policy import RETRIED, STAGE, Outcome
from tasks.project import Project
from understudy.accounting import account
from understudy.artifacts import read_record, write_json
from understudy.errors import ConfigError, SourceError
from understudy.locking import exclusive, refuse_if_held
from understudy.records import Video
from understudy.sources.opening import list_source, newest_in
from understudy.videos import VideoLedger, merge_ledger
from understudy.watch import (
    Found,
    Turn,
    Watched,
    feeds_of,
    is_over,
    leaves_a_gap,
    listing_due,
    looked,
    turn_of,
)
from understudy.workspace import Workspace


class News(Outcome):
    """The outcome of a look."""

    turn: Turn
    known: int
    """Videos in the ledger."""
    by: str
    """What was read: `feed` or `listing`."""


@task(name="look", task_run_name="look", **RETRIED, **STAGE)
async def look(project: Project) -> News:
    """Read the channel's feed, or list all of it where that does not do, and keep what is new.

    What is new is in `watch.json` before it is in the ledger, so that a kill between the two
    loses no video. The channel is held for the writing alone: others need not wait for YouTube.

    Raises:
        BusyError: A run works on the channel; it lists by itself.
        SourceError: Neither the feed nor the listing came through.
        ConfigError: There is nothing that could be watched.
    """
    workspace, settings = project.workspace, project.settings
    if settings.source.kind == "imported":
        raise ConfigError(
            f"{project.config} has source.kind imported, where nothing new appears by itself: "
            "import more with `understudy import`, then run `understudy pipeline`"
        )
    refuse_if_held(workspace.lock, what=f"the channel {workspace.channel}")
    now = datetime.now(UTC)
    found = await asyncio.to_thread(_find, project, now)
    with holding_channel(workspace):
        ledger = VideoLedger.open(workspace.videos)
        known = {video.video_id for video in ledger.videos}
        state = looked(read_watched(workspace).after(found), found.videos, known, now)
        write_json(workspace.watched, state)
        ledger.replace(merge_ledger(ledger.videos, found.videos))

    turn = turn_of(state.awaited, settings.watch.max_tries)
    counts = account(
        "watch", "new video", produced=len(turn.new), dropped=["given_up"] * len(turn.given_up)
    )
    get_run_logger().info(
        "%d videos known, by the %s; %d new, %d from earlier",
        len(ledger.videos),
        found.by,
        len(turn.new),
        len(turn.again) + len(turn.given_up),
    )
    return News(account=counts, turn=turn, known=len(ledger.videos), by=found.by)


def holding_channel(workspace: Workspace) -> AbstractContextManager[None]:
    """Keep other runs off the channel for as long as its files are written."""
    return exclusive(workspace.lock, what=f"the channel {workspace.channel}")


def read_watched(workspace: Workspace) -> Watched:
    """What the looks before remembered; nothing before the first.

    Raises:
        DataError: The file is no such record.
    """
    path = workspace.watched
    return read_record(path, Watched) if path.exists() else Watched()


def mark_tried(workspace: Workspace, video_ids: Collection[str]) -> None:
    """Remember that the pipeline is asked to work on these."""
    if video_ids:
        with holding_channel(workspace):
            write_json(workspace.watched, read_watched(workspace).tried(video_ids))


def settle_awaited(workspace: Workspace) -> None:
    """Wait no longer for what the pipeline, which has come to its end, could do something about."""
    state = read_watched(workspace)
    if not state.awaited:
        return
    ledger = VideoLedger.open(workspace.videos)
    left = tuple(one for one in state.awaited if not _is_over(workspace, ledger, one.video_id))
    write_json(workspace.watched, state.model_copy(update={"awaited": left}))


def _is_over(workspace: Workspace, ledger: VideoLedger, video_id: str) -> bool:
    answered = workspace.answers(video_id).exists()
    return is_over(ledger.get(video_id), answered=answered)


def _find(project: Project, now: datetime) -> Found:
    """Read the feeds, or list everything."""
    state = read_watched(project.workspace)
    known = VideoLedger.open(project.workspace.videos).videos
    if not listing_due(project.settings.watch, state, now):
        newest = _by_feed(project, state, {video.video_id for video in known})
        if newest is not None:
            return Found(newest, "feed")
    listed = list_source(
        project.settings, root=project.workspace.root, known=known, environment=os.environ
    )
    return Found(listed.videos, "listing", channel_id=listed.channel_id, listed=now)


def _by_feed(project: Project, state: Watched, known: Collection[str]) -> tuple[Video, ...] | None:
    """What the feeds show; None where the whole channel has to be listed instead."""
    settings = project.settings
    feeds = feeds_of(settings.source, settings.watch, state)
    newest: list[Video] = []
    for feed in feeds:
        try:
            videos = newest_in(feed, settings, environment=os.environ)
        except SourceError as error:
            get_run_logger().warning("%s: the whole channel is listed instead", error)
            return None
        if leaves_a_gap(videos, known):
            return None
        newest += videos
    return tuple(newest) if feeds else None
