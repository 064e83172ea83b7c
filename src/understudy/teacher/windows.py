"""A talk that is longer than the model reads, as stretches of it that overlap in time.

A question is asked about one stretch and answered from it, so that what it
rests on is in the prompt; an overlap keeps a thought whole that a cut would
have halved.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import log

from understudy.errors import ConfigError
from understudy.records import Question, Segment, Transcript
from understudy.settings import TeacherSettings
from understudy.teacher.prompts import shared_prefix
from understudy.teacher.protocol import DraftQuestion
from understudy.timed_text import count_words, spread

CHARS_PER_TOKEN = 4.0
"""Of English speech, on the low side: what a transcript's length in tokens is judged by."""
LEAST_CHARS = 1000
"""Of one window: in less there is nothing to ask about."""
_MOST_SHARED = 0.25
"""Of a window's characters, that may be in the next one too."""
_TELLING = re.compile(r"\w{4,}")


def windows_of(transcript: Transcript, settings: TeacherSettings) -> tuple[Transcript, ...]:
    """Cut a talk into as few windows as `teacher.context_tokens` allows, about equally long.

    Args:
        settings: Read are `context_tokens` and `window_overlap_s`.

    Returns:
        The transcript itself where it fits; else transcripts of the same video that hold its
        segments in order, with their times, each segment in one window or in two neighbours.

    Raises:
        ConfigError: The limit leaves no room for speech.
    """
    frame = len(shared_prefix(transcript)) - len(transcript.text)
    room = int(settings.context_tokens * CHARS_PER_TOKEN) - frame
    if len(transcript.text) <= room:
        return (transcript,)
    if room < LEAST_CHARS:
        raise ConfigError(
            f"teacher.context_tokens is {settings.context_tokens}: too few for any stretch of "
            f"{transcript.video_id}; set it to what the model reads at once"
        )
    segments = [piece for one in transcript.segments for piece in _pieces(one, room)]
    cuts = _evenly(segments, room, settings.window_overlap_s)
    return tuple(
        transcript.model_copy(update={"segments": tuple(segments[cut.start : cut.stop])})
        for cut in cuts
    )


def portions(
    transcript: Transcript, count: int, settings: TeacherSettings
) -> list[tuple[Transcript, int]]:
    """Windows with the number of questions each gets: in all `count`, by their share of words.

    Raises:
        ConfigError: The limit leaves no room for speech.
    """
    windows = windows_of(transcript, settings)
    words = [count_words(window.text) for window in windows]
    exact = [count * own / max(sum(words), 1) for own in words]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(len(windows)), key=lambda at: (counts[at] - exact[at], at))
    for place in by_remainder[: count - sum(counts)]:
        counts[place] += 1
    return list(zip(windows, counts, strict=True))


def span_of(window: Transcript) -> tuple[float, float]:
    """When a window begins and ends, in seconds of the talk."""
    return window.segments[0].start, window.segments[-1].end


def placed(draft: DraftQuestion, window: Transcript) -> DraftQuestion:
    """The draft with the stretch of the talk that it was asked about."""
    start, end = span_of(window)
    return draft.model_copy(update={"start": start, "end": end})


def assigned(
    questions: Sequence[Question], windows: Sequence[Transcript]
) -> list[tuple[Transcript, list[Question]]]:
    """Windows with the questions that are answered from them, in order; none without any.

    A question goes to the window that it was asked about. Where that is not known, or windows
    are cut in other places now, it goes to the one that says most of its telling words, among
    those that reach into the stretch it was asked about.
    """
    telling = [_telling(window.text) for window in windows]
    groups: list[list[Question]] = [[] for _ in windows]
    for question in questions:
        groups[_place(question, windows, telling)].append(question)
    return [(window, group) for window, group in zip(windows, groups, strict=True) if group]


def _place(
    question: Question, windows: Sequence[Transcript], telling: Sequence[frozenset[str]]
) -> int:
    shared = [_seconds_shared(question, window) for window in windows]
    most = max(shared)
    candidates = [at for at, seconds in enumerate(shared) if seconds >= 0.9 * most]
    if len(candidates) == 1:
        return candidates[0]
    spread_over = Counter(word for words in telling for word in words)
    asked = _telling(question.question)

    def score(place: int) -> float:
        # A word that every window says tells none of them from the others.
        known = asked & telling[place]
        return sum(log((1 + len(windows)) / spread_over[word]) for word in known)

    return max(candidates, key=lambda place: (score(place), -place))


def _seconds_shared(question: Question, window: Transcript) -> float:
    if question.start is None or question.end is None:
        return 0.0
    start, end = span_of(window)
    return max(min(end, question.end) - max(start, question.start), 0.0)


def _telling(text: str) -> frozenset[str]:
    return frozenset(_TELLING.findall(text.casefold()))


def _evenly(segments: Sequence[Segment], room: int, overlap_s: float) -> list[range]:
    """Cut at the least length that takes no window more than the room needs."""
    cuts = _cut(segments, room, overlap_s)
    for share in range(50, 100, 2):
        shorter = _cut(segments, room * share // 100, overlap_s)
        if len(shorter) <= len(cuts):
            return shorter
    return cuts


def _cut(segments: Sequence[Segment], room: int, overlap_s: float) -> list[range]:
    """Fill one window after the other; the next begins so many seconds before the last ends."""
    cuts: list[range] = []
    start = 0
    while True:
        stop = _filled(segments, start, room)
        cuts.append(range(start, stop))
        if stop == len(segments):
            return cuts
        start = _back(segments, start, stop, room, overlap_s)


def _filled(segments: Sequence[Segment], start: int, room: int) -> int:
    length, stop = 0, start
    while stop < len(segments) and (stop == start or length + len(segments[stop].text) <= room):
        length += len(segments[stop].text) + 1
        stop += 1
    return stop


def _back(segments: Sequence[Segment], start: int, stop: int, room: int, overlap_s: float) -> int:
    """Where the next window begins: after this one's begin, and with room for what is new."""
    begin, length = stop, 0
    until = segments[stop - 1].end - overlap_s
    while begin - 1 > start:
        length += len(segments[begin - 1].text) + 1
        if segments[begin - 1].end <= until or length > room * _MOST_SHARED:
            break
        begin -= 1
    return begin


def _pieces(segment: Segment, room: int) -> Iterator[Segment]:
    """A segment, cut at words where it alone is more than a quarter of a window."""
    if len(segment.text) <= room * _MOST_SHARED:
        yield segment
        return
    pieces = spread(segment.text, None)
    squeeze = (segment.end - segment.start) / pieces[-1].end
    for piece in pieces:
        begin, end = segment.start + piece.start * squeeze, segment.start + piece.end * squeeze
        yield piece.model_copy(update={"start": begin, "end": end})
