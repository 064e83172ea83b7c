"""Where in a transcript an answer's quote was said.

A teacher copies words from a transcript that a speech recogniser wrote, and it
tends to mend them while copying. So the quote is looked for by similarity and
not by equality, and the place is told in seconds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq, ScoreAlignment

from understudy.records import Evidence, Segment, Transcript

MIN_QUOTE_WORDS, MIN_QUOTE_CHARS = 4, 8
"""Fewer words are found in almost any transcript and prove nothing; characters count where a
script has no spaces."""
SHORT_QUOTE_WORDS = 7
"""A shorter quote may miss only half as much: of quotes with 4 to 6 words from other talks of one
channel 2.2 % reach a score of 80 and 0.3 % a score of 90; of longer ones none reaches 80."""
LEAST_LETTERS = 60.0
"""Similarity of letters under which the words are not compared."""

_SLACK = 12
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True)
class SpokenText:
    """A transcript as a searchable string of bare words that knows its times.

    Build it once per transcript: each quote is then one similarity search.
    """

    plain: str
    """Lower-case words, one space apart."""
    starts: tuple[int, ...]
    """Offset in `plain` at which each segment begins, in order."""
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, transcript: Transcript) -> SpokenText:
        """Index a transcript."""
        pairs = [(bare(segment.text), segment) for segment in transcript.segments]
        spoken = [(words, segment) for words, segment in pairs if words]
        lengths = (len(words) + 1 for words, _ in spoken)
        starts = tuple(accumulate(lengths, initial=0))[: len(spoken)]
        return cls(
            plain=" ".join(words for words, _ in spoken),
            starts=starts,
            segments=tuple(segment for _, segment in spoken),
        )

    def second(self, offset: int) -> float:
        """The time at which the character at `offset` is said, linear within its segment."""
        index = max(bisect_right(self.starts, offset) - 1, 0)
        segment = self.segments[index]
        beyond = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.plain) + 1
        length = max(beyond - self.starts[index] - 1, 1)
        share = min((offset - self.starts[index]) / length, 1.0)
        return segment.start + share * max(segment.end - segment.start, 0.0)


def bare(text: str) -> str:
    """Keep the words, in lower case with one space between them."""
    return " ".join(_WORD.findall(text.casefold().replace("’", "'")))


def locate(quote: str, spoken: SpokenText, *, min_score: float) -> Evidence | None:
    """Find the stretch of speech that a quote was copied from.

    Args:
        quote: As the teacher gave it; punctuation and case do not matter.
        min_score: Least match of quote and stretch, 0 to 100. The match is the similarity of the
            letters, or the share of the quote's words that the stretch holds in their order: what
            changes every eighth word changes few letters, or few words.

    Returns:
        The quote with the seconds at which the stretch begins and ends, or None where the
        quote is too short to prove anything or nothing in the transcript is like it.

    Source:
        `rapidfuzz.fuzz.partial_ratio_alignment`: the best window of the quote's own length by
        normalised indel similarity.
    """
    needle = bare(quote)
    if not spoken.segments or not _proves(needle):
        return None
    found = _best_window(needle, spoken.plain)
    if found is None:
        return None
    score, needed = _score(needle, spoken.plain, found), min_score
    if needle.count(" ") + 1 < SHORT_QUOTE_WORDS:
        needed += (100 - min_score) / 2
    if score < needed:
        return None
    start, end = found.dest_start, max(found.dest_end - 1, found.dest_start)
    return Evidence(
        quote=" ".join(quote.split()),
        start=round(spoken.second(start), 2),
        end=round(spoken.second(end), 2),
        score=round(score, 1),
    )


def _proves(needle: str) -> bool:
    """Whether a quote is long enough that finding it means something."""
    letters = needle.replace(" ", "")
    unspaced = len(_UNSPACED.findall(letters))
    if 2 * unspaced > len(letters):
        return len(letters) >= MIN_QUOTE_CHARS
    return needle.count(" ") + 1 >= MIN_QUOTE_WORDS


def _score(needle: str, plain: str, found: ScoreAlignment) -> float:
    """The better of what letters and words say."""
    if not LEAST_LETTERS <= found.score < 100:
        return found.score
    # Lost and added words move the window's ends: it is widened by about two words.
    begin = plain.rfind(" ", 0, max(found.dest_start - _SLACK, 0)) + 1
    close = plain.find(" ", min(found.dest_end + _SLACK, len(plain)))
    window = plain[begin : close if close >= 0 else len(plain)].split()
    words = needle.split()
    return max(found.score, 100 * LCSseq.similarity(words, window) / len(words))


def _best_window(needle: str, plain: str) -> ScoreAlignment | None:
    exact = plain.find(needle)
    if exact >= 0:
        return ScoreAlignment(100.0, 0, len(needle), exact, exact + len(needle))
    if len(needle) > len(plain):
        # The needle is slid over the shorter text; a quote longer than the talk is no quote.
        return None
    return fuzz.partial_ratio_alignment(needle, plain)
