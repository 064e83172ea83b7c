"""List the source, and get a transcript for each video that has none yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from prefect import flow

from flows.frame import Result, conclude, holding, tell
from flows.workers import Run, Workers, here, workers_of
from tasks.policy import unwrap
from tasks.project import NOTHING, Project, open_project
from tasks.transcripts import (
    fetch_transcript,
    open_source,
    recorded,
    settle_transcripts,
    waiting,
)
from tasks.videos import list_videos
from understudy.accounting import Account
from understudy.records import Video
from understudy.settings import Overrides
from understudy.videos import VideoLedger


@flow(name="collect", flow_run_name="collect · {config}", persist_result=False)
async def collect(
    config: str = "config/jason_fung.yaml",
    overrides: Overrides = NOTHING,
    videos: list[str] | None = None,
) -> Result:
    """List the source, and get a transcript for each video that has none yet.

    Videos are asked for one after the other, at the pace that the settings allow. One without a
    transcript does not stop the flow: the ledger has its reason, and the account counts it.

    Args:
        config: The channel's settings, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.
        videos: Ids of the videos to ask for, which the ledger knows; the source is not listed
            then. Without, all.

    Raises:
        SourceError: The source cannot be listed, or holds nothing.
        ConfigError: The settings cannot be used.
    """
    project = open_project(config, overrides)
    with holding(project.workspace):
        with workers_of(project.settings.scaling) as workers:
            accounts = await gather_transcripts(project, workers, videos)
        await conclude("collect", accounts, {"transcripts": project.settings.floors.transcripts})
    return Result(accounts=accounts, files={"videos.jsonl": project.workspace.videos})


async def gather_transcripts(
    project: Project, workers: Workers | None = None, only: list[str] | None = None
) -> tuple[Account, ...]:
    """List, then fetch what is missing: files on workers, where there are any, and all else one
    after the other, at the pace that the settings allow.

    Args:
        only: Ids of the videos to ask for; without, all.
    """
    source = open_source(project)
    listing = await list_videos(project, only=only)
    ledger = VideoLedger.open(project.workspace.videos)
    wanted = [
        video
        for video in waiting(project, ledger, listing.video_ids, source)
        if only is None or video.video_id in only
    ]

    def fetch(video: Video, run: Run) -> Awaitable[None]:
        fetching = run(fetch_transcript, video=video, source=source, project=project)
        return recorded(fetching, video, ledger)

    asked: set[str] = set()
    if workers and project.settings.source.kind == "folder":
        asked = {video.video_id for video in wanted}
        await asyncio.gather(*(fetch(video, workers.run) for video in wanted))
        wanted = []
    for video in wanted:
        if source.given_up:
            break
        asked.add(video.video_id)
        await fetch(video, here)

    shelf = unwrap(
        settle_transcripts(
            project,
            ledger=ledger,
            listed=listing.video_ids,
            asked=asked,
            given_up=source.given_up,
        )
    )
    tell(listing.account)
    tell(shelf.account)
    return listing.account, shelf.account
