"""From what people write under `source.channel` to addresses that can be listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from understudy.errors import ConfigError

_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com"}
_PLAYLIST = re.compile(r"(?:PL|UU|LL|FL|OL|RD)[A-Za-z0-9_-]{10,}")
CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_CHANNEL = re.compile(
    r"/(?P<name>@[\w.·-]{2,60}|(?:channel|c|user)/[\w.%-]{1,100})(?:/(?P<tab>\w*))?/?"
)
_TABS = {"videos", "shorts", "streams"}


def addresses(channel: str, tabs: Sequence[str]) -> tuple[str, ...]:
    """Say which pages list a channel or playlist.

    Args:
        channel: `@handle`, an address of a channel or playlist, a channel id or a playlist id.
        tabs: Of a channel; a playlist has none.

    Raises:
        ConfigError: It is none of these, or names a tab that `tabs` leaves out.
    """
    text = channel.strip()
    if _PLAYLIST.fullmatch(text):
        return (f"https://www.youtube.com/playlist?list={text}",)
    path, playlist = _parts(text)
    if playlist is not None:
        return (f"https://www.youtube.com/playlist?list={playlist}",)
    found = _CHANNEL.fullmatch(path)
    if found is None:
        raise ConfigError(
            f"source.channel: {channel[:100]!r} is no channel: write a handle such as "
            "@DrJasonFung, or the address of a channel or playlist on youtube.com"
        )
    tab = found["tab"]
    if tab in _TABS and tab not in tabs:
        raise ConfigError(
            f"source.channel names the tab {tab!r} and source.tabs does not: add it there"
        )
    return tuple(f"https://www.youtube.com/{found['name']}/{name}" for name in dict.fromkeys(tabs))


def _parts(text: str) -> tuple[str, str | None]:
    """The path of a channel and the id of a playlist, either of which may be missing."""
    if CHANNEL_ID.fullmatch(text.partition("/")[0]):
        return f"/channel/{text}", None
    if text.startswith("@"):
        return f"/{text}", None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:  # half an IPv6 address
        return "", None
    if (parts.hostname or "") not in _HOSTS or parts.scheme not in {"http", "https"}:
        return "", None
    listed = parse_qs(parts.query).get("list", [""])[0]
    return parts.path, listed if _PLAYLIST.fullmatch(listed) else None
