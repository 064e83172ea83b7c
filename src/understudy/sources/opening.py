"""Ask the source that the settings name for its videos, all of them or the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from understudy.errors import EmptySourceError, UnknownSourceError
from understudy.records import Video
from understudy.settings import Settings, SourceSettings
from understudy.sources.feed import read_feed
from understudy.sources.folder import list_folder
from understudy.sources.listing import Listed, YtDlpLister, list_channel, within
from understudy.sources.proxies import proxy_from
from understudy.videos import checked_youtube_id


def list_source(
    settings: Settings, *, root: Path, known: Sequence[Video], environment: Mapping[str, str]
) -> Listed:
    """List the whole source.

    Args:
        known: The channel's ledger, which is all there is to a channel of imports.
        environment: Holds the proxy's secrets.

    Raises:
        SourceError: The source cannot be listed, or holds nothing.
        ConfigError: The proxy cannot be used.
    """
    source = settings.source
    if source.kind == "folder":
        return within(list_folder(source.folder_in(root)), source)
    if source.kind == "youtube":
        proxy = proxy_from(settings.transcripts.proxy, environment)
        lister = YtDlpLister(
            timeout_s=settings.transcripts.timeout_s, proxy=proxy.http_url if proxy else None
        )
        listed = list_channel(source, lister)
        return replace(listed, channel_id=lister.channel_id)
    if not known:
        raise EmptySourceError(
            f"nothing was imported for the channel {settings.channel.name}: run "
            "`understudy import FILE` with this config first"
        )
    return Listed(tuple(known), {})


def listed_by_name(
    video_ids: Sequence[str], known: Sequence[Video], source: SourceSettings
) -> Listed:
    """Take these videos and those with a transcript as the listing, and ask nobody.

    Args:
        known: The channel's ledger. What it does not hold can only be YouTube's.

    Raises:
        InvalidIdError: An id that is not known is none of YouTube's.
        UnknownSourceError: It is not known, and the source is not YouTube.
    """
    by_id = {video.video_id: video for video in known}
    unknown = [one for one in video_ids if one not in by_id]
    if unknown and source.kind != "youtube":
        raise UnknownSourceError(
            f"no video {unknown[0]!r} is known here: run `understudy collect` first, or name "
            "videos by their ids in videos.jsonl"
        )
    named = [
        by_id.get(one) or Video(video_id=checked_youtube_id(one), title="", origin="youtube")
        for one in video_ids
    ]
    transcribed = [video for video in known if video.status == "transcribed"]
    return Listed(tuple({one.video_id: one for one in (*named, *transcribed)}.values()), {})


def newest_in(
    feed: str, settings: Settings, *, environment: Mapping[str, str]
) -> tuple[Video, ...]:
    """Read one of the channel's feeds.

    Raises:
        SourceError: It cannot be read.
        ConfigError: The proxy cannot be used.
    """
    return read_feed(
        feed,
        timeout_s=settings.transcripts.timeout_s,
        proxy=proxy_from(settings.transcripts.proxy, environment),
    )
