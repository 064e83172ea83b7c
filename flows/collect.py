"""List the source, and get a transcript for each video that has none yet."""

from __future__ import annotations

from contextlib import suppress

from prefect import flow

from flows.frame import Result, conclude, holding, tell
from tasks.policy import unwrap
from tasks.project import NOTHING, Project, open_project
from tasks.transcripts import fetch_transcript, open_source, settle_transcripts, waiting
from tasks.videos import list_videos
from understudy.accounting import Account
from understudy.errors import TranscriptError
from understudy.settings import Overrides
from understudy.videos import VideoLedger


@flow(name="collect", flow_run_name="collect · {config}", persist_result=False)
async def collect(config: str = "config/jason_fung.yaml", overrides: Overrides = NOTHING) -> Result:
    """List the source, and get a transcript for each video that has none yet.

    Videos are asked for one after the other, at the pace that the settings allow. One without a
    transcript does not stop the flow: the ledger has its reason, and the account counts it.

    Args:
        config: The channel's settings, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.

    Raises:
        SourceError: The source cannot be listed, or holds nothing.
        ConfigError: The settings cannot be used.
    """
    project = open_project(config, overrides)
    with holding(project.workspace):
        accounts = await gather_transcripts(project)
        await conclude("collect", accounts, {"transcripts": project.settings.floors.transcripts})
    return Result(accounts=accounts, files={"videos.jsonl": project.workspace.videos})


async def gather_transcripts(project: Project) -> tuple[Account, ...]:
    """List, then fetch one video after the other, at the pace that the settings allow."""
    source = open_source(project)
    listing = await list_videos(project)
    ledger = VideoLedger.open(project.workspace.videos)

    asked: set[str] = set()
    for video in waiting(project, ledger, listing.video_ids, source):
        if source.given_up:
            break
        asked.add(video.video_id)
        with suppress(TranscriptError):  # recorded by the task
            await fetch_transcript(video, source=source, ledger=ledger, project=project)

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
