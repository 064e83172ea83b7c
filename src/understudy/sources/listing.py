"""List a channel with yt-dlp, flat: one request for about thirty videos, none per video.

yt-dlp is used as a library. It reads no configuration file that way, and it is
kept from loading plug-ins, from writing a cache into the home folder and from
printing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from understudy.documents import day, seconds
from understudy.errors import (
    EmptySourceError,
    SourceError,
    SourceUnreachableError,
    UnknownSourceError,
)
from understudy.records import YOUTUBE_ID, Video
from understudy.settings import SourceSettings
from understudy.sources.addresses import CHANNEL_ID, addresses
from understudy.text.typography import clean
from understudy.videos import checked_youtube_id

Entry = Mapping[str, Any]
Lister = Callable[[str, int | None], Sequence[Entry]]
"""Address and how many entries at the most, to what yt-dlp says about each."""

_NOT_YET = {"is_upcoming", "is_live", "post_live"}


@dataclass(frozen=True)
class Listed:
    """What a channel holds for us, and why the rest is not for us."""

    videos: tuple[Video, ...]
    left_out: Mapping[str, int]
    """Counts by reason: `too_short_video`, `not_yet_over`, `not_a_video`."""
    channel_id: str | None = None
    """YouTube's own id of the channel, `UC` and 22 characters, where it was told."""


def list_channel(source: SourceSettings, lister: Lister) -> Listed:
    """List the videos of a channel or playlist, newest first, and the ones named by id.

    Raises:
        InvalidIdError: One of `source.video_ids` is none.
        ConfigError: `source.channel` is no channel.
        EmptySourceError: Nothing is left.
        SourceError: The lister's own.
    """
    named = [
        Video(video_id=checked_youtube_id(one), title="", origin="youtube")
        for one in source.video_ids
    ]
    pages = addresses(source.channel, source.tabs) if source.channel else ()
    kept: dict[str, Video] = {}
    left_out: Counter[str] = Counter()
    for page in pages:
        room = None if source.max_videos is None else source.max_videos - len(kept)
        if room == 0:
            break
        found, why = _take(page, room, source.min_duration_s, lister)
        kept.update({video.video_id: video for video in found if video.video_id not in kept})
        left_out.update(why)
    kept.update({video.video_id: video for video in named if video.video_id not in kept})
    if not kept:
        raise EmptySourceError(_nothing(source, left_out))
    return Listed(tuple(kept.values()), dict(sorted(left_out.items())))


def _nothing(source: SourceSettings, left_out: Mapping[str, int]) -> str:
    why = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items())
    tabs = ", ".join(source.tabs)
    return (
        f"{source.channel} has no videos for us in {tabs or 'no tab at all'}"
        + (f" ({why})" if why else "")
        + ": look at source.channel, source.tabs and source.min_duration_s"
    )


def _take(
    page: str, room: int | None, min_duration_s: float, lister: Lister
) -> tuple[list[Video], Counter[str]]:
    """Take the first videos of a page that fit, asking for as many entries as that needs."""
    limit = None if room is None else room + 30
    while True:
        entries = lister(page, limit)
        kept, left_out = _sort_out(entries, min_duration_s)
        enough = room is not None and len(kept) >= room
        if enough or limit is None or len(entries) < limit:
            return kept[:room], left_out
        limit *= 2


def _sort_out(entries: Iterable[Entry], min_duration_s: float) -> tuple[list[Video], Counter[str]]:
    kept: dict[str, Video] = {}
    left_out: Counter[str] = Counter()
    for entry in entries:
        video = _video(entry)
        if video is None:
            left_out["not_a_video"] += 1
        elif entry.get("live_status") in _NOT_YET:
            left_out["not_yet_over"] += 1
        elif video.duration_s is not None and video.duration_s < min_duration_s:
            left_out["too_short_video"] += 1
        else:
            kept.setdefault(video.video_id, video)
    return list(kept.values()), left_out


def _video(entry: Entry) -> Video | None:
    """One entry of a flat listing; None for a playlist, a channel or an id that is none."""
    video_id = entry.get("id")
    if not isinstance(video_id, str) or not YOUTUBE_ID.fullmatch(video_id):
        return None
    title = entry.get("title")
    return Video(
        video_id=video_id,
        title=clean(title)[:300] if isinstance(title, str) else "",
        published=day(entry.get("upload_date")),
        duration_s=seconds(entry.get("duration")),
        origin="youtube",
    )


def within(videos: Sequence[Video], source: SourceSettings) -> Listed:
    """Hold a local listing to the same limits as a channel's.

    Raises:
        EmptySourceError: Nothing is left.
    """
    long = [one for one in videos if (one.duration_s or math.inf) >= source.min_duration_s]
    newest = sorted(long, key=lambda one: one.published or "", reverse=True)[: source.max_videos]
    chosen = {video.video_id for video in newest}
    if not chosen:
        raise EmptySourceError(
            f"all {len(videos)} talks in {source.folder} are shorter than source.min_duration_s, "
            f"{source.min_duration_s:g} seconds"
        )
    short = len(videos) - len(long)
    left_out = {"too_short_video": short} if short else {}
    return Listed(tuple(video for video in long if video.video_id in chosen), left_out)


class YtDlpLister:
    """Asks YouTube.

    Args:
        timeout_s: For one request.
        proxy: Address with user name and password, or None. It appears in no message.
    """

    channel_id: str | None = None
    """Of the page that was listed last, where YouTube told."""

    def __init__(self, *, timeout_s: float, proxy: str | None) -> None:
        self._options: dict[str, Any] = {
            "extract_flat": True,
            "quiet": True,
            "no_warnings": True,
            "noprogress": True,
            "skip_download": True,
            "cachedir": False,
            "socket_timeout": timeout_s,
            "extractor_retries": 2,
            "logger": _Silent(),
            "proxy": proxy,
        }

    def __call__(self, page: str, limit: int | None) -> Sequence[Entry]:
        """List one page.

        Raises:
            UnknownSourceError: There is no such channel or playlist.
            SourceUnreachableError: The network, or YouTube refuses for now.
            SourceError: Anything else that yt-dlp did not understand.
        """
        from yt_dlp import YoutubeDL
        from yt_dlp import globals as shared
        from yt_dlp.utils import YoutubeDLError

        shared.plugin_dirs.value = []  # code from the home folder is not ours to run
        options = {**self._options, "playlistend": limit}
        try:
            with YoutubeDL(cast("Any", options)) as ydl:
                found: Any = ydl.extract_info(page, download=False)
        except YoutubeDLError as error:
            problem = problem_of(page, str(error))
            if problem is None:
                return ()
            raise problem from None  # its text may hold the proxy's address
        self.channel_id = _channel_id(found) or self.channel_id
        return list(_entries(found))


def _channel_id(found: Any) -> str | None:
    named = found.get("channel_id") if isinstance(found, dict) else None
    return named if isinstance(named, str) and CHANNEL_ID.fullmatch(named) else None


def _entries(found: Any) -> Iterator[Entry]:
    """Flatten what yt-dlp found: a channel without tab pages gives playlists of videos."""
    for entry in (found or {}).get("entries") or ():
        if isinstance(entry, dict) and entry.get("entries"):
            yield from _entries(entry)
        elif isinstance(entry, dict):
            yield entry


def problem_of(page: str, text: str) -> SourceError | None:
    """Say in our words what yt-dlp's message means; None for a tab that a channel lacks."""
    said = text.lower()
    if "does not have a" in said and "tab" in said:
        return None
    kind = next((kind for kind, marks in _MEANS.items() if any(mark in said for mark in marks)), "")
    if kind == "refused":
        return SourceUnreachableError(
            f"YouTube refuses to list {page} for this address: wait an hour, or set "
            "transcripts.proxy"
        )
    if kind == "unknown":
        return UnknownSourceError(f"YouTube knows no {page}: look at source.channel")
    if kind == "network":
        return SourceUnreachableError(
            f"cannot reach YouTube to list {page}: check the network, or set source.kind to "
            "imported to work with the transcripts that are on disk"
        )
    return SourceError(
        f"yt-dlp does not understand {page}: YouTube may have changed; update yt-dlp and try again"
    )


_MEANS: Mapping[str, tuple[str, ...]] = {
    "refused": ("http error 429", "http error 403", "not a bot"),
    "unknown": ("http error 404", "does not exist", "does the playlist exist", "this channel"),
    "network": (
        *("http error 5", "timed out", "name resolution", "resolve host", "connection"),
        *("unreachable", "ssl", "proxy", "unable to download"),
    ),
}
"""What yt-dlp's messages hold, in lower case; the first that fits counts."""


class _Silent:
    """yt-dlp's logger: what matters is in its exceptions, and those may hold the proxy."""

    def debug(self, message: str) -> None: ...
    def info(self, message: str) -> None: ...
    def warning(self, message: str) -> None: ...
    def error(self, message: str) -> None: ...
