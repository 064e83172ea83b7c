"""WebVTT and SubRip to timed text in which every word stands once.

The reader is lenient: a missing header, comma or point in times, blank lines
inside a cue, cue settings, identifiers, NOTE and STYLE blocks and any tag are
all met in files that people have. YouTube's automatic captions need more than
leniency. They scroll: each cue shows the line before and the line that is being
spoken, and a cue of 10 ms without news stands between two of them.

Source:
    https://www.w3.org/TR/webvtt1/ for the format. The scrolling was read off
    files that yt-dlp downloads from YouTube.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from understudy.records import Segment
from understudy.text.typography import clean
from understudy.timed_text import speaking_seconds

_CLOCK = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}(?:\s.*)?$")
_INLINE_TIME = re.compile(rf"<{_CLOCK}>")
_STAMP = re.compile(
    r"^[\[(]?(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,2}):(?P<s>[0-5]\d)[\])]?(?:\s+(?P<said>.*))?$"
)
_READ_OUT = re.compile(r"^\d+ (?:hour|minute|second)s?(?:, \d+ (?:minute|second)s?)*$")
"""How the page reads a time out to those who do not see it."""

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<(?:\d{1,4}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}>|</?>")
_POSITION = re.compile(r"\{\\an?\d+\}")
_COMMENT = re.compile(r"^(NOTE|STYLE|REGION)(\s|$)")

_TOUCHING_S = 0.1
"""Scrolling cues follow each other within this; a later repetition is said again."""


@dataclass(frozen=True)
class Cue:
    """What one cue shows: its rows from top to bottom, tags removed, blank rows kept."""

    start: float
    end: float
    rows: tuple[str, ...]
    timed_from: int | None = None
    """First row whose words carry times of their own: it is being spoken, never carried over.
    Only automatic captions have such rows."""


def looks_like_captions(text: str) -> bool:
    """Whether there is a cue in it, whatever the file is called."""
    return any(_TIMING.match(line) for line in text.splitlines())


def read_captions(text: str) -> list[Segment]:
    """Read WebVTT or SubRip.

    Returns:
        Segments in order of their start, none of them empty; an empty list where no cue holds a
        word. Ends are cut at the next start where cues overlap.
    """
    cues = sorted(_cues(text), key=lambda cue: cue.start)
    spoken = _unroll(cues) if _scrolls(cues) else cues
    lines = [(cue.start, cue.end, clean(" ".join(cue.rows))) for cue in spoken]
    return to_segments([line for line in lines if line[2]], clip=True)


def read_stamped(text: str) -> list[Segment]:
    """Read a transcript copied from YouTube's page: a time such as `1:02`, then what is said.

    Returns:
        Segments; none where the text is something else, such as a talk that begins with a list of
        chapters. Most of its lines must be times or begin with one, and the times must rise.
    """
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    found = [_STAMP.match(row) for row in rows]
    times = [_stamp_seconds(match) for match in found if match]
    bare = sum(match is not None and not match["said"] for match in found)
    enough = len(times) >= 3 and (len(times) == len(rows) or bare * 3 >= len(rows))
    if not enough or not rows or found[0] is None or times != sorted(times):
        return []
    lines: list[tuple[float, float, str]] = []
    for row, match in zip(rows, found, strict=True):
        if match:
            start = _stamp_seconds(match)
            lines.append((start, start, clean(match["said"] or "")))
        elif not (_READ_OUT.match(row) and not lines[-1][2]):
            start, _, said = lines[-1]
            lines[-1] = (start, start, clean(f"{said} {row}"))
    ends = [start for start, _, _ in lines[1:]] + [0.0]
    said = [(start, end, text) for (start, _, text), end in zip(lines, ends, strict=True) if text]
    return to_segments(said, clip=True)


def _stamp_seconds(match: re.Match[str]) -> float:
    return _seconds([match["h"], match["m"], match["s"], None])


def to_segments(lines: Sequence[tuple[float, float, str]], *, clip: bool) -> list[Segment]:
    """Build segments from lines in order of their start.

    Args:
        lines: Start, end and text that is not empty. An end that is no later than its start
            stands for unknown, and becomes the next start or the time that saying it takes.
        clip: Cut an end that lies behind the next start.
    """
    segments: list[Segment] = []
    following = math.inf
    for index, (start, end, text) in reversed(list(enumerate(lines))):
        after = lines[index + 1][0] if index + 1 < len(lines) else math.inf
        following = after if after > start else following
        unknown = end <= start
        stop = start + speaking_seconds(text) if unknown else end
        if clip or unknown:
            stop = min(stop, following)
        segments.append(Segment(start=round(start, 3), end=round(stop, 3), text=text))
    return segments[::-1]


def title_of(text: str) -> str | None:
    """The title in `WEBVTT - title`, or the first line of the first NOTE."""
    lines = text.splitlines()
    header = re.match(r"^WEBVTT[ \t]+(?:-[ \t]*)?(\S.*)$", lines[0]) if lines else None
    note = re.search(r"^NOTE(?:[ \t]+|[ \t]*\n[ \t]*)(\S.*)$", text, re.MULTILINE)
    found = header or note
    return clean(found.group(1)) if found else None


def _cues(text: str) -> Iterator[Cue]:
    """Yield cues in the order of the file."""
    timing: re.Match[str] | None = None
    rows: list[str] = []
    for line in _without_comments(text):
        match = _TIMING.match(line)
        if match is None:
            rows.append(line)
            continue
        if timing is not None:
            yield _cue(timing, _without_identifier(rows))
        timing, rows = match, []
    if timing is not None:
        yield _cue(timing, rows)


def _without_comments(text: str) -> Iterator[str]:
    """Leave out NOTE, STYLE and REGION blocks, each up to its blank line."""
    inside, after_blank = False, True
    for line in text.splitlines():
        blank = not line.strip()
        if after_blank and _COMMENT.match(line):
            inside = True
        if inside and (blank or _TIMING.match(line)):
            inside = False
        if not inside:
            yield line
        after_blank = blank


def _without_identifier(rows: list[str]) -> list[str]:
    """Leave out the line between the blank line and the next cue's times."""
    if len(rows) >= 2 and rows[-1].strip() and not rows[-2].strip():
        return rows[:-1]
    if len(rows) == 1 and rows[0].strip().isdecimal():
        return []
    return rows


def _cue(timing: re.Match[str], rows: list[str]) -> Cue:
    fields = timing.groups()
    while rows and not rows[-1].strip():
        rows = rows[:-1]
    return Cue(
        start=_seconds(fields[:4]),
        end=_seconds(fields[4:]),
        rows=tuple(_plain(row) for row in rows),
        timed_from=next((at for at, row in enumerate(rows) if _INLINE_TIME.search(row)), None),
    )


def _seconds(fields: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (field or "0" for field in fields)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _plain(row: str) -> str:
    return clean(unescape(_TAG.sub("", _POSITION.sub("", row))))


def _scrolls(cues: Sequence[Cue]) -> bool:
    """Whether cues repeat what is still on the screen, rather than a speaker repeating himself."""
    if any(cue.timed_from is not None for cue in cues):
        return True
    pairs = list(pairwise(cues))
    rolled = [one for one, other in pairs if 0 < _carried(one, other) < len(_words(other))]
    return len(rolled) > len(pairs) / 4


def _unroll(cues: Sequence[Cue]) -> list[Cue]:
    """Keep of each cue only the rows that were not on the screen before."""
    fresh = [*cues[:1]]
    for before, cue in pairwise(cues):
        rows = _words(cue)[_carried(before, cue) :]
        if rows:
            fresh.append(Cue(start=cue.start, end=cue.end, rows=rows))
    return fresh


def _carried(before: Cue, cue: Cue) -> int:
    """How many of the cue's rows, from the top, are the last rows of the one before.

    YouTube leaves the top row blank where nothing is carried over.
    """
    later = cue.start - before.end > _TOUCHING_S and cue.timed_from is None
    if later or not cue.rows or not cue.rows[0]:
        return 0
    shown, rows = _words(before), [row for row in cue.rows[: cue.timed_from] if row]
    longest = min(len(shown), len(rows))
    return next((n for n in range(longest, 0, -1) if list(shown[-n:]) == rows[:n]), 0)


def _words(cue: Cue) -> tuple[str, ...]:
    return tuple(row for row in cue.rows if row)
