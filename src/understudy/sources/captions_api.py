"""YouTube's captions through youtube-transcript-api, with one reason for each way to fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

import requests
import youtube_transcript_api as library
from youtube_transcript_api.proxies import ProxyConfig

from understudy.captions import to_segments
from understudy.documents import day, seconds
from understudy.errors import TranscriptUnavailableError
from understudy.records import Transcript, TranscriptReason, Video
from understudy.settings import TranscriptSettings
from understudy.text.typography import clean
from understudy.transcripts import failure
from understudy.videos import checked_youtube_id

T = TypeVar("T")

REASONS: dict[type[Exception], TranscriptReason] = {
    library.AgeRestricted: "age_restricted",
    library.CookieError: "unparsable",
    library.CookieInvalid: "unparsable",
    library.CookiePathInvalid: "unparsable",
    library.CouldNotRetrieveTranscript: "unparsable",
    library.FailedToCreateConsentCookie: "unparsable",
    library.InvalidVideoId: "not_found",
    library.IpBlocked: "ip_blocked",
    library.NoTranscriptFound: "no_captions",
    library.NotTranslatable: "no_captions",
    library.PoTokenRequired: "po_token_required",
    library.RequestBlocked: "ip_blocked",
    library.TranscriptsDisabled: "disabled",
    library.TranslationLanguageNotAvailable: "no_captions",
    library.VideoUnavailable: "not_found",
    library.VideoUnplayable: "unplayable",
    library.YouTubeDataUnparsable: "unparsable",
    library.YouTubeRequestFailed: "network",
    library.YouTubeTranscriptApiException: "unparsable",
}
"""Every exception of the library; two of them are looked at more closely below."""

_UNPLAYABLE: dict[str, TranscriptReason] = {
    r"members.?only|join this channel|channel members": "members_only",
    r"private": "private",
    r"not a bot": "ip_blocked",
    r"try again later": "rate_limited",
    r"confirm your age|age.?restrict|inappropriate": "age_restricted",
    r"premiere|will begin|starts? (in|soon)|live event": "not_yet",
    r"removed|deleted|terminated|no longer available|does not exist": "not_found",
}
"""What YouTube says of a video that it does not play, first match wins."""

_STATUS: dict[int, TranscriptReason] = {
    403: "ip_blocked",
    404: "not_found",
    410: "not_found",
    429: "rate_limited",
}
"""HTTP statuses that say more than that the request failed."""

CAPTIONS_FOLLOW_DAYS = 3
"""For so long after a video appeared, missing captions are no final answer: YouTube makes the
automatic ones within hours, sometimes days."""

_MAY_FOLLOW = frozenset({"disabled", "no_captions", "empty"})

_PUBLISHED = re.compile(r'itemprop="(?:datePublished|uploadDate)" content="([0-9-]{10})')


class PoliteSession(requests.Session):
    """A session with a time limit that overhears what the library asks for and throws away.

    Args:
        timeout_s: Without a byte from the other side; requests has none of its own.
        environment_proxies: Whether HTTP_PROXY and the like count. They would win over the
            proxy that the library sets.
    """

    def __init__(self, *, timeout_s: float, environment_proxies: bool) -> None:
        super().__init__()
        self.trust_env = environment_proxies
        self._timeout_s = timeout_s
        self.status = 200
        """Of the last response."""
        self.overheard: dict[str, Any] = {}
        """Title, day and duration of the video that is being asked for."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if options.get("timeout") is None:
            options["timeout"] = self._timeout_s
        response = super().send(request, **options)
        self.status = response.status_code
        self._overhear(response)
        return response

    def _overhear(self, response: requests.Response) -> None:
        kind = response.headers.get("Content-Type", "")
        if "json" in kind:
            with suppress(ValueError, TypeError, KeyError):
                details = response.json()["videoDetails"]
                self.overheard["title"] = clean(str(details.get("title") or ""))[:300]
                self.overheard["duration_s"] = seconds(details.get("lengthSeconds"))
        elif "html" in kind and (found := _PUBLISHED.search(response.text)):
            self.overheard["published"] = day(found[1])


class YouTubeCaptions:
    """Fetches one video's captions. Not for several threads at once: neither is the library.

    Args:
        today: A video of the last days whose captions are missing may still get them.
    """

    def __init__(
        self,
        settings: TranscriptSettings,
        proxy: ProxyConfig | None,
        *,
        today: Callable[[], date],
    ) -> None:
        self._settings = settings
        self._today = today
        self.session = PoliteSession(
            timeout_s=settings.timeout_s, environment_proxies=proxy is None
        )
        self._api = library.YouTubeTranscriptApi(proxy_config=proxy, http_client=self.session)

    def fetch(self, video: Video) -> tuple[Video, Transcript]:
        """Fetch the preferred captions, and what the page says about a video we knew by id only.

        Raises:
            TranscriptError: With the reason.
            InvalidIdError: The video's id is none of YouTube's; nothing was requested.
        """
        checked_youtube_id(video.video_id)
        self.session.overheard = {}
        try:
            return self._fetch(video)
        except TranscriptUnavailableError as error:
            if error.reason in _MAY_FOLLOW and self._is_new(video):
                raise failure(video.video_id, "not_yet", "captions may follow") from error
            raise

    def _fetch(self, video: Video) -> tuple[Video, Transcript]:
        tracks = self._asked(video, lambda: list(self._api.list(video.video_id)))
        chosen = choose(tracks, self._settings.languages, self._settings.allow_automatic)
        if chosen is None:
            raise failure(video.video_id, "no_captions", _others(tracks))
        captions = self._asked(video, chosen.fetch)
        known = completed(video, self.session.overheard)
        return known, transcript_of(captions, known)

    def _is_new(self, video: Video) -> bool:
        published = video.published or self.session.overheard.get("published")
        age = self._today() - date.fromisoformat(published) if published else None
        return age is not None and age.days <= CAPTIONS_FOLLOW_DAYS

    def _asked(self, video: Video, request: Callable[[], T]) -> T:
        try:
            return request()
        except Exception as error:  # noqa: BLE001  (whatever the library meets in YouTube's pages)
            # Not chained: a message of requests may hold the proxy's password
            raise failure(video.video_id, *reason_of(error, self.session.status)) from None


def choose(
    tracks: Sequence[library.Transcript],
    languages: Sequence[str],
    allow_automatic: bool,  # noqa: FBT001
) -> library.Transcript | None:
    """Choose what people wrote over what a machine heard, then the preferred language.

    A preference without a region takes any: `en` also finds `en-GB`, after `en` itself.
    """
    ranked = [
        (track.is_generated, place, track.language_code != language, index)
        for index, track in enumerate(tracks)
        for place, language in enumerate(languages)
        if track.language_code == language or track.language_code.split("-")[0] == language
        if allow_automatic or not track.is_generated
    ]
    return tracks[min(ranked)[-1]] if ranked else None


def _others(tracks: Sequence[library.Transcript]) -> str:
    codes = sorted({f"{one.language_code}{' automatic' * one.is_generated}" for one in tracks})
    return f"there is {', '.join(codes[:8])}" if codes else ""


def transcript_of(captions: library.FetchedTranscript, video: Video) -> Transcript:
    """Turn the library's lines into ours.

    A line of automatic captions stays on the screen while the next is spoken: its end is cut at
    the next start. What people timed is kept to the end of the line.

    Raises:
        TranscriptError: `empty`.
    """
    lines = [(line.start, line.start + line.duration, clean(line.text)) for line in captions]
    said = sorted((line for line in lines if line[2]), key=lambda line: line[0])
    if not said:
        raise failure(video.video_id, "empty", "the captions hold no word")
    segments = tuple(to_segments(said, clip=captions.is_generated))
    return Transcript(
        video_id=video.video_id,
        title=video.title,
        language=captions.language_code,
        origin="automatic" if captions.is_generated else "manual",
        timing="measured",
        duration_s=video.duration_s or max(segment.end for segment in segments),
        segments=segments,
    )


def completed(video: Video, overheard: Mapping[str, Any]) -> Video:
    """Fill in what the listing did not say; what it said stays."""
    return video.model_copy(
        update={
            "title": video.title or overheard.get("title") or "",
            "published": video.published or overheard.get("published"),
            "duration_s": video.duration_s or overheard.get("duration_s"),
        }
    )


def reason_of(error: Exception, status: int = 200) -> tuple[TranscriptReason, str]:
    """Say why, and in our own words what happened: library texts may quote a proxy's address.

    Args:
        status: HTTP status of the last response; the library calls a rate limit an IP block.
    """
    if isinstance(error, library.VideoUnplayable):
        said = " ".join([error.reason or "", *error.sub_reasons])
        return _unplayable(said), clean(said)[:200]
    if isinstance(error, library.YouTubeRequestFailed):
        code = re.match(r"\d{3}", error.reason)
        known = _STATUS.get(int(code[0]), "network") if code else "network"
        return known, f"HTTP {code[0]}" if code else ""
    if isinstance(error, library.IpBlocked) and status == 429:
        return "rate_limited", "HTTP 429"
    for kind in type(error).__mro__:
        if kind in REASONS:
            return REASONS[kind], ""
    return _beside_the_library(error), type(error).__name__


def _unplayable(said: str) -> TranscriptReason:
    for sign, reason in _UNPLAYABLE.items():
        if re.search(sign, said, re.IGNORECASE):
            return reason
    return "unplayable"


def _beside_the_library(error: Exception) -> TranscriptReason:
    """Name what is no exception of the library but comes out of it."""
    if isinstance(error, requests.exceptions.RetryError):
        return "rate_limited"
    if isinstance(error, requests.exceptions.JSONDecodeError):
        return "unparsable"
    if isinstance(error, requests.exceptions.RequestException | OSError):
        return "network"
    if isinstance(error, ParseError) and "no element found" in str(error):
        return "po_token_required"  # an empty reply is how YouTube says so
    return "unparsable"
