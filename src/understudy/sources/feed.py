"""A channel's Atom feed: one small request that names the newest videos.

YouTube shows 15 entries per feed and says nothing of their length. It keeps one feed for each tab
of a channel, under the id of a playlist that it makes by itself: the channel's id with another
beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError

import requests
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from youtube_transcript_api.proxies import GenericProxyConfig

from understudy.documents import day
from understudy.errors import SourceError, SourceUnreachableError
from understudy.records import YOUTUBE_ID, Video
from understudy.text.typography import clean

Tab = Literal["videos", "shorts", "streams"]

_PLAYLIST_OF: dict[Tab, str] = {"videos": "UULF", "shorts": "UUSH", "streams": "UULV"}
_ATOM = "{http://www.w3.org/2005/Atom}"
_YOUTUBE = "{http://www.youtube.com/xml/schemas/2015}"
_MOST_BYTES = 2_000_000
"""YouTube's are 30 kB."""


def feed_addresses(channel_id: str, tabs: Sequence[Tab]) -> tuple[str, ...]:
    """The feeds of a channel's tabs.

    Args:
        channel_id: `UC` and 22 characters.

    Source:
        Undocumented; described at https://stackoverflow.com/a/77816885. Where YouTube stops
        keeping them, the whole channel is listed instead.
    """
    rest = quote(channel_id.removeprefix("UC"), safe="")
    return tuple(
        f"https://www.youtube.com/feeds/videos.xml?playlist_id={_PLAYLIST_OF[tab]}{rest}"
        for tab in dict.fromkeys(tabs)
    )


def read_feed(
    address: str, *, timeout_s: float, proxy: GenericProxyConfig | None
) -> tuple[Video, ...]:
    """Ask for a feed and return its videos in the feed's order.

    Raises:
        SourceUnreachableError: There was no answer, or none with a feed in it.
        SourceError: The answer is no Atom feed.
    """
    try:
        with requests.get(
            address,
            timeout=timeout_s or None,
            stream=True,
            proxies=proxy.to_requests_dict() if proxy else None,  # pyright: ignore[reportArgumentType]
        ) as reply:
            reply.raise_for_status()
            body = reply.raw.read(_MOST_BYTES, decode_content=True)
    except requests.RequestException as error:
        # Its text may hold the proxy's address.
        raise SourceUnreachableError(
            f"the feed {address} cannot be read: {type(error).__name__}"
        ) from None
    return parse_feed(body, address)


def parse_feed(body: bytes, address: str) -> tuple[Video, ...]:
    """Read a feed's entries; what names no video of YouTube's is left out.

    Raises:
        SourceError: It is no Atom feed.
    """
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise SourceError(f"{address} is no feed: {error}") from error
    if root.tag != f"{_ATOM}feed":
        raise SourceError(f"{address} is no Atom feed: it begins with {root.tag[:60]!r}")
    entries = (_video(entry) for entry in root.iterfind(f"{_ATOM}entry"))
    return tuple({one.video_id: one for one in entries if one is not None}.values())


def _video(entry: Element) -> Video | None:
    video_id = entry.findtext(f"{_YOUTUBE}videoId", "").strip()
    if not YOUTUBE_ID.fullmatch(video_id):
        return None
    return Video(
        video_id=video_id,
        title=clean(entry.findtext(f"{_ATOM}title", ""))[:300],
        published=day(entry.findtext(f"{_ATOM}published", "")[:10]),
        origin="youtube",
    )
