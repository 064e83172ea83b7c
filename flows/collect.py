"""List the source, and get a transcript for each video that has none yet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prefect import flow

from flows.frame import Result, conclude, holding, tell
from flows.progress import Seen, watched
from flows.workers import Run, Workers, here, workers_of
from tasks.policy import unwrap
from tasks.project import NOTHING, ConfigFile, Project, open_project
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
from understudy.transcripts import TranscriptSource
from understudy.videos import VideoLedger


@flow(name="collect", flow_run_name="collect · {config}", persist_result=False)
async def collect(
    config: ConfigFile = "config/jason_fung.yaml",
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
        workspace = project.workspace
        places = {
            "videos": (workspace.relative(workspace.videos),),
            "transcripts": (workspace.relative(workspace.data / "transcripts"),),
        }
        floors = {"transcripts": project.settings.floors.transcripts}
        await conclude("collect", accounts, places, floors)
    return Result(accounts=accounts, files={"videos.jsonl": workspace.videos}, places=places)


async def gather_transcripts(
    project: Project, workers: Workers | None = None, only: list[str] | None = None
) -> tuple[Account, ...]:
    """List, then fetch what is missing: files on workers, where there are any, and all else one
    after the other, at the pace that the settings allow.

    Args:
        only: Ids of the videos to ask for; without, all.
    """
    source = open_source(project)
    listing = unwrap(await list_videos(project, only=only))
    ledger = VideoLedger.open(project.workspace.videos)
    wanted = [
        video
        for video in waiting(project, ledger, listing.video_ids, source)
        if only is None or video.video_id in only
    ]

    spread = workers if project.settings.source.kind == "folder" else None
    asked = await _fetch_all(project, wanted, source, ledger, spread)
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


async def _fetch_all(
    project: Project,
    wanted: Sequence[Video],
    source: TranscriptSource,
    ledger: VideoLedger,
    workers: Workers | None,
) -> set[str]:
    """Ask for each transcript until the source gives up, and say for which videos that was."""
    asked: set[str] = set()
    ended = 0

    async def fetch(video: Video, run: Run) -> None:
        nonlocal ended
        asked.add(video.video_id)
        await recorded(
            run(fetch_transcript, video=video, source=source, project=project), video, ledger
        )
        ended += 1

    def seen() -> Seen | None:
        return Seen(ended, len(wanted), f"{ended} of {len(wanted)} videos") if wanted else None

    async with watched("transcripts", seen):
        if workers:
            await asyncio.gather(*(fetch(video, workers.run) for video in wanted))
            return asked
        for video in wanted:
            if source.given_up:
                break
            await fetch(video, here)
    return asked
