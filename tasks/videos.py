"""Stage 1: list the source and keep the ledger of its videos."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import RETRIED, STAGE, Outcome, cached
from tasks.project import Project
from understudy.accounting import account
from understudy.sources.opening import list_source, listed_by_name
from understudy.videos import VideoLedger, merge_ledger


class Listing(Outcome):
    """The outcome of listing, with what this run may ask for."""

    video_ids: tuple[str, ...]


@task(name="videos", task_run_name="videos", **RETRIED, **STAGE)
async def list_videos(
    project: Project, *, only: Sequence[str] | None = None
) -> Listing | State[Listing]:
    """List the source and put what is new into `videos.jsonl`.

    Args:
        only: Work on these videos and on those that have a transcript, and list nothing.

    Raises:
        SourceError: The source cannot be listed, or holds nothing.
    """
    ledger = VideoLedger.open(project.workspace.videos)
    known = {video.video_id for video in ledger.videos}
    if only is None:
        listed = await asyncio.to_thread(
            list_source,
            project.settings,
            root=project.workspace.root,
            known=ledger.videos,
            environment=os.environ,
        )
    else:
        listed = listed_by_name(only, ledger.videos, project.settings.source)
    changed = ledger.replace(merge_ledger(ledger.videos, listed.videos))

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
    listing = Listing(account=counts, video_ids=ids)
    return listing if changed else cached(listing, project.workspace.videos)
