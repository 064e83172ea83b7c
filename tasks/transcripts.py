"""Stage 2: a transcript for each video, one task run per video that has to be asked for."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Collection
from datetime import UTC, datetime

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, cached
from tasks.project import Project
from understudy.accounting import account
from understudy.artifacts import write_json
from understudy.errors import TranscriptError
from understudy.records import Video
from understudy.sources.captions_api import YouTubeCaptions
from understudy.sources.folder import FolderSource
from understudy.sources.patience import Patience
from understudy.sources.proxies import proxy_from
from understudy.sources.youtube import NoSource, YouTubeSource
from understudy.transcripts import (
    TranscriptSource,
    after_failure,
    after_transcript,
    find_transcript,
    in_scope,
    taken_away,
    unusable_files,
)
from understudy.videos import VideoLedger


class Shelf(Outcome):
    """The outcome of the stage, with the videos that later stages work on."""

    video_ids: tuple[str, ...]
    """With a transcript that is long enough, in the ledger's order."""


class Fetched(Outcome):
    """The outcome for one video, with its new row of the ledger."""

    video: Video


def open_source(project: Project) -> TranscriptSource:
    """Set up the source that the settings name.

    Raises:
        ConfigError: A proxy is asked for whose variables are not set.
    """
    settings = project.settings
    if settings.source.kind == "folder":
        folder = settings.source.folder_in(project.workspace.root)
        return FolderSource(folder, language=settings.channel.language)
    if settings.source.kind == "imported":
        return NoSource()
    proxy = proxy_from(settings.transcripts.proxy, os.environ)
    patience = Patience(
        settings.transcripts,
        sleep=asyncio.sleep,
        rng=random.Random(),  # noqa: S311  (spreads requests; nothing secret about it)
        notice=lambda text: get_run_logger().warning(text),
    )
    return YouTubeSource(
        YouTubeCaptions(settings.transcripts, proxy, today=lambda: datetime.now(UTC).date()),
        patience,
    )


def waiting(
    project: Project, ledger: VideoLedger, listed: Collection[str], source: TranscriptSource
) -> list[Video]:
    """Return the videos to ask for: in scope, and wanted by the source given what is on disk."""
    return [
        video
        for video in in_scope(ledger.videos, set(listed))
        if source.wants(video, find_transcript(project.workspace.transcript(video.video_id)))
    ]


@task(name="transcript", task_run_name="transcript · {video.video_id}", **STAGE)
async def fetch_transcript(video: Video, *, source: TranscriptSource, project: Project) -> Fetched:
    """Get one video's transcript and write it.

    The source retries by itself: it knows which refusals concern all videos.

    Raises:
        TranscriptError: It could not be had, and why.
    """
    known, transcript = await source.transcript(video)
    written = write_json(project.workspace.transcript(video.video_id), transcript)

    get_run_logger().info(
        "%s: %d segments, %s, %s",
        video.video_id,
        len(transcript.segments),
        transcript.language,
        transcript.origin,
    )
    return Fetched(
        account=account("transcripts", "video", produced=1),
        files={"transcript": written},
        video=after_transcript(known, transcript, project.settings.transcripts.min_words),
    )


async def recorded(fetching: Awaitable[Outcome], video: Video, ledger: VideoLedger) -> None:
    """Write into the ledger what became of a video; no transcript does not stop the others."""
    try:
        fetched = await fetching
    except TranscriptError as error:
        ledger.record(after_failure(video, error))
        return
    if isinstance(fetched, Fetched):
        ledger.record(fetched.video)


@task(name="transcripts", task_run_name="transcripts", **STAGE)
def settle_transcripts(
    project: Project,
    *,
    ledger: VideoLedger,
    listed: Collection[str],
    asked: Collection[str],
    given_up: str | None,
) -> Shelf | State[Shelf]:
    """Count what is on disk and judge it by the settings of today.

    Args:
        asked: Videos that this run asked for; the others cost nothing.
        given_up: Why the source stopped before its end, or None.
    """
    judged = [
        video if video.video_id in asked else _judged(video, project)
        for video in in_scope(ledger.videos, set(listed))
    ]
    rows = {video.video_id: video for video in judged}
    changed = ledger.replace(
        [rows.get(video.video_id) or taken_away(video) for video in ledger.videos]
    )
    usable = tuple(video.video_id for video in judged if video.status == "transcribed")
    dropped = [
        video.reason or given_up or "no_transcript"
        for video in judged
        if video.status not in {"transcribed", "imported"}
    ]
    reused = sum(video_id not in asked for video_id in usable)
    counts = account("transcripts", "video", produced=len(usable), dropped=dropped, reused=reused)
    counts = counts.model_copy(update={"notes": unusable_files(judged)})
    shelf = Shelf(account=counts, video_ids=usable)
    get_run_logger().info("%d transcripts, %d of them on disk before", len(usable), reused)
    return shelf if asked or changed else cached(shelf, project.workspace.videos)


def _judged(video: Video, project: Project) -> Video:
    """The row of a video that was not asked for, by what is on disk."""
    transcript = find_transcript(project.workspace.transcript(video.video_id))
    if transcript is not None:
        return after_transcript(video, transcript, project.settings.transcripts.min_words)
    lost = video.status == "transcribed" or video.reason == "too_short"
    return video.model_copy(update={"status": "listed", "reason": None}) if lost else video
