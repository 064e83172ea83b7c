"""Stage 1: list the source and keep the ledger of its videos."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

from prefect import task
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, backoff, is_retryable
from tasks.project import Project
from understudy.accounting import account
from understudy.errors import EmptySourceError
from understudy.settings import Settings
from understudy.sources.folder import list_folder
from understudy.sources.listing import Listed, YtDlpLister, list_channel, within
from understudy.sources.proxies import proxy_from
from understudy.videos import VideoLedger, merge_ledger


class Listing(Outcome):
    """The outcome of listing, with what this run may ask for."""

    video_ids: tuple[str, ...]


@task(
    name="videos",
    task_run_name="videos",
    retries=2,
    retry_delay_seconds=backoff,
    retry_jitter_factor=0.5,
    retry_condition_fn=is_retryable,
    **STAGE,
)
async def list_videos(project: Project) -> Listing:
    """List the source and put what is new into `videos.jsonl`.

    Raises:
        SourceError: The source cannot be listed, or holds nothing.
    """
    ledger = VideoLedger.open(project.workspace.videos)
    known = {video.video_id for video in ledger.videos}
    listed = await asyncio.to_thread(_listed, project, ledger)
    ledger.replace(merge_ledger(ledger.videos, listed.videos))

    ids = tuple(video.video_id for video in listed.videos)
    reused = len(known.intersection(ids))
    counts = account(
        "videos",
        "video",
        produced=len(ids),
        dropped=Counter(listed.left_out).elements(),
        reused=reused,
    )
    get_run_logger().info("%d videos listed, %d of them new", len(ids), len(ids) - reused)
    return Listing(account=counts, video_ids=ids)


def _listed(project: Project, ledger: VideoLedger) -> Listed:
    """Ask the source that the settings name."""
    settings, workspace = project.settings, project.workspace
    if settings.source.kind == "folder":
        found = list_folder(workspace.root / str(settings.source.folder))
        return within(found, settings.source)
    if settings.source.kind == "youtube":
        return list_channel(settings.source, _lister(settings))
    if not ledger.videos:
        raise EmptySourceError(
            f"nothing was imported for the channel {settings.channel.name}: run "
            f"`understudy import FILE --config {project.config}` first"
        )
    return Listed(ledger.videos, {})


def _lister(settings: Settings) -> YtDlpLister:
    proxy = proxy_from(settings.transcripts.proxy, os.environ)
    return YtDlpLister(
        timeout_s=settings.transcripts.timeout_s, proxy=proxy.http_url if proxy else None
    )
