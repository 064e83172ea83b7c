"""Local transcripts as people have them: .json in several shapes, .txt, .vtt and .srt."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from understudy.captions import looks_like_captions, read_captions, read_stamped, title_of
from understudy.captions import to_segments as segments_from_lines
from understudy.errors import TranscriptError
from understudy.records import VIDEO_ID, Segment, Transcript, Video, digest_of
from understudy.text.typography import clean
from understudy.timed_text import spread

SUFFIXES = frozenset({".json", ".txt", ".vtt", ".srt"})

LARGEST = 64 * 2**20
"""Bytes. A talk of ten hours is under two megabytes."""

_TEXT_KEYS = ("text", "transcript", "content")
_LINE_KEYS = ("segments", "snippets", "transcript", "text")
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
_HEADING = re.compile(r"\A#+[ \t]+(\S.*)$", re.MULTILINE)
_LONGEST_TITLE = 300


class UnreadableError(ValueError):
    """This is no transcript; the text says why."""


@dataclass(frozen=True)
class About:
    """What a file says about its talk beside the words; None where it says nothing."""

    video_id: str | None = None
    """Fit to become part of a path."""
    title: str | None = None
    published: str | None = None
    duration_s: float | None = None
    language: str | None = None


@dataclass(frozen=True)
class Spoken:
    """The words of a file."""

    segments: tuple[Segment, ...]
    measured: bool
    """Whether their times come from the file."""


def about(raw: bytes, suffix: str) -> About:
    """Read what a file says about itself. A file that cannot be read says nothing."""
    try:
        text = decode(raw)
        if suffix == ".json":
            return about_of(parse(text))
    except UnreadableError:
        return About()
    heading = _HEADING.search(text) if suffix == ".txt" else None
    return About(title=_title(heading.group(1) if heading else title_of(text)))


def transcript_from(raw: bytes, suffix: str, *, video: Video, language: str) -> Transcript:
    """Read one local file as the transcript of a video.

    Args:
        suffix: In lower case; a text file that holds cues is read as captions all the same.
        language: Of the channel, for files that do not say.

    Raises:
        TranscriptError: `unparsable`, or `empty` where it holds no word. Mend the file.
    """
    try:
        text = decode(raw)
        if suffix == ".json":
            value = parse(text)
            found, said = spoken_in(value, video.duration_s), about_of(value)
        else:
            found, said = spoken_text(text, heading=suffix == ".txt"), About()
    except UnreadableError as error:
        raise TranscriptError(video.video_id, "unparsable", str(error)) from error
    return build(found, video=video, language=said.language or language, digest=digest_of(raw))


def build(found: Spoken, *, video: Video, language: str, digest: str | None) -> Transcript:
    """Put together a local transcript.

    Raises:
        TranscriptError: `empty`.
    """
    if not found.segments:
        raise TranscriptError(video.video_id, "empty", "the file holds no word")
    last = max(segment.end for segment in found.segments)
    return Transcript(
        video_id=video.video_id,
        title=video.title,
        language=language,
        origin="local",
        timing="measured" if found.measured else "estimated",
        duration_s=max(last, video.duration_s or 0.0),
        source_digest=digest,
        segments=found.segments,
    )


def decode(raw: bytes) -> str:
    """Decode UTF-8 with or without a mark, UTF-16 with one, or else Windows-1252.

    Raises:
        UnreadableError: It is too large, or no text.
    """
    if len(raw) > LARGEST:
        raise UnreadableError(f"{len(raw):,} bytes are more than a transcript can have")
    try:
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return _lines(raw.decode("utf-16"))
        return _lines(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        if b"\0" in raw:
            raise UnreadableError("not a text file") from error
        return _lines(raw.decode("cp1252", "replace"))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str) -> Any:
    """Parse JSON.

    Raises:
        UnreadableError: It is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"not JSON: {str(error)[:80]}") from error


def about_of(value: Any) -> About:
    """Read what a JSON document says about its talk."""
    if not isinstance(value, dict):
        return About()
    fields = cast("Mapping[str, Any]", value)
    named = _first(fields, ("video_id", "videoId", "id"))
    language = _first(fields, ("language_code", "language"))
    return About(
        video_id=named if isinstance(named, str) and VIDEO_ID.fullmatch(named) else None,
        title=_title(_first(fields, ("title", "video_title"))),
        published=day(_first(fields, ("published_at", "published", "publishedAt", "upload_date"))),
        duration_s=seconds(_first(fields, ("duration_s", "duration"))) or None,
        language=clean(language)[:35] or None if isinstance(language, str) else None,
    )


def spoken_in(value: Any, duration_s: float | None) -> Spoken:
    """Find the words in a JSON document: timed lines if there are any, or else a text.

    Args:
        duration_s: Over which a text without times is spread.

    Raises:
        UnreadableError: Neither is in it.
    """
    if isinstance(value, list):
        return _spoken_lines(cast("Sequence[Any]", value), duration_s)
    if not isinstance(value, dict):
        raise UnreadableError(f"a JSON {type(value).__name__} is no transcript")
    fields = cast("Mapping[str, Any]", value)
    for key in _LINE_KEYS:
        lines = fields.get(key)
        if isinstance(lines, list) and lines:
            return _spoken_lines(cast("Sequence[Any]", lines), duration_s)
    for key in _TEXT_KEYS:
        text = fields.get(key)
        if isinstance(text, str):
            return Spoken(tuple(spread(clean(text), duration_s)), measured=False)
    if any(fields.get(key) == [] for key in _LINE_KEYS):
        return Spoken((), measured=False)
    keys = ", ".join(sorted(str(key)[:30] for key in fields)[:8]) or "nothing"
    raise UnreadableError(f"no text and no segments in it, but {keys}")


def spoken_text(text: str, *, heading: bool) -> Spoken:
    """Read plain text or captions, whichever it is.

    Args:
        heading: Whether a first line that begins with `#` is a title and not spoken.

    Raises:
        UnreadableError: It announces captions and holds none.
    """
    if looks_like_captions(text):
        return Spoken(tuple(read_captions(text)), measured=True)
    if text.startswith("WEBVTT"):
        body = text.partition("\n")[2].strip()
        if body and "-->" in body:
            raise UnreadableError("no cue has times that can be read")
        return Spoken((), measured=True)
    body = _HEADING.sub("", text, count=1) if heading else text
    if stamped := read_stamped(body):
        return Spoken(tuple(stamped), measured=True)
    return Spoken(tuple(spread(clean(body), None)), measured=False)


def _spoken_lines(lines: Sequence[Any], duration_s: float | None) -> Spoken:
    """Read a list of lines; without usable times it is a text."""
    found = [_line(line) for line in lines]
    said = [(start, end, text) for start, end, text in found if text]
    if any(start is None for start, _, _ in said):
        return Spoken(
            tuple(spread(" ".join(text for _, _, text in said), duration_s)), measured=False
        )
    timed = [(start or 0.0, end, text) for start, end, text in said]
    timed.sort(key=lambda line: line[0])
    return Spoken(tuple(segments_from_lines(timed, clip=True)), measured=True)


def _line(line: Any) -> tuple[float | None, float, str]:
    """Start, end (0 for unknown) and text of one line in any of the shapes."""
    if isinstance(line, str):
        return None, 0.0, clean(line)
    if not isinstance(line, dict):
        raise UnreadableError(f"a line is {type(line).__name__}, not an object or a text")
    fields = cast("Mapping[str, Any]", line)
    text = _first(fields, ("text", "utf8", "content"))
    start = seconds(_first(fields, ("start", "start_s", "offset")))
    end = seconds(_first(fields, ("end", "end_s")))
    lasts = seconds(_first(fields, ("duration", "dur", "duration_s")))
    if end is None and start is not None and lasts is not None:
        end = start + lasts
    return start, end or 0.0, clean(text) if isinstance(text, str) else ""


def _first(fields: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((fields[key] for key in keys if fields.get(key) is not None), None)


def seconds(value: Any) -> float | None:
    """A time in seconds from a number or its text; None for what is no time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number < 10**7 else None


def day(value: Any) -> str | None:
    """An ISO date from `2024-08-14`, `20240814` or a longer time stamp."""
    found = _DAY.match(str(value)) if isinstance(value, str | int) else None
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None


def _title(value: Any) -> str | None:
    return clean(value)[:_LONGEST_TITLE] or None if isinstance(value, str) else None
