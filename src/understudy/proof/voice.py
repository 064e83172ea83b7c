"""Whose words a text is made of: the speaker's, the teacher's or the base's.

Multinomial naive Bayes over character n-grams, equal priors. Punctuation, case and
markup are taken out first, because a transcript has none: what is left is choice and
order of words, not form. Whatever is judged is judged by a classifier that has seen
nothing from its video, so that a shared subject gives nothing away.

Source:
    Kešelj et al., "N-gram-based Author Profiles for Authorship Attribution" (PACLING 2003), for
    character n-grams as a fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from statistics import fmean
from typing import Literal

import numpy as np
import numpy.typing as npt

from understudy.proof.texts import words_of
from understudy.records import Transcript

Voice = Literal["speaker", "teacher", "base"]
VOICES: tuple[Voice, ...] = ("speaker", "teacher", "base")
Counts = npt.NDArray[np.float64]

CHUNK_WORDS = 100
"""Of one piece of a transcript: about as long as an answer."""

_SIZES = (2, 3, 4)
_BUCKETS = 2**14
_SMOOTHING = 0.1
_PRIME = 16_777_619


class Voices:
    """The three voices, each as its videos' n-gram counts.

    Args:
        texts: For each voice (video id, text), every voice with two videos at least.
    """

    def __init__(self, texts: Mapping[Voice, Sequence[tuple[str, str]]]) -> None:
        self._texts = texts
        self._by_video: dict[Voice, dict[str, Counts]] = {
            voice: _summed(pairs) for voice, pairs in texts.items()
        }
        self._whole = {voice: _total(videos) for voice, videos in self._by_video.items()}
        self._least = min(float(whole.sum()) for whole in self._whole.values())
        self._logs = cache(self._logs_without)

    def judge(self, video: str, text: str) -> Voice | None:
        """Name the likeliest voice, of a classifier that does not know the video.

        A text without words is nobody's.
        """
        if not words_of(text):
            return None
        scores = self._logs(video) @ counts_of(text)
        return VOICES[int(np.argmax(scores))]

    def accuracy(self) -> float:
        """Share of the known texts whose voice is found, mean of the three voices."""
        return fmean(
            fmean(float(self.judge(video, text) == voice) for video, text in self._texts[voice])
            for voice in VOICES
        )

    def _logs_without(self, video: str) -> Counts:
        """Log probability of each bucket under each voice, `(voices, buckets)`, without one video.

        Every voice is given the weight of the one that was heard least: smoothing would make it
        the likeliest for everything rare, or for nothing.
        """
        rows: list[Counts] = []
        for voice in VOICES:
            known = self._whole[voice] - self._by_video[voice].get(video, 0.0)
            scaled = known * (self._least / known.sum()) + _SMOOTHING
            rows.append(np.log(scaled / scaled.sum()))
        return np.stack(rows)


def chunks(transcript: Transcript) -> Iterator[tuple[str, str]]:
    """Video id and text of each whole piece of a transcript."""
    words = words_of(transcript.text)
    for start in range(0, len(words) - CHUNK_WORDS + 1, CHUNK_WORDS):
        yield transcript.video_id, " ".join(words[start : start + CHUNK_WORDS])


def counts_of(text: str) -> Counts:
    """How often each bucket of character n-grams stands in a text's bare words, `(buckets,)`."""
    raw = np.frombuffer(f" {' '.join(words_of(text))} ".encode(), dtype=np.uint8)
    found = np.zeros(_BUCKETS)
    for size in _SIZES:
        if len(raw) < size:
            continue
        hashed = np.full(len(raw) - size + 1, size, dtype=np.uint64)
        for place in range(size):
            hashed = hashed * _PRIME ^ raw[place : place + len(hashed)]
        found += np.bincount((hashed >> 7) % _BUCKETS, minlength=_BUCKETS)
    return found


def _summed(pairs: Sequence[tuple[str, str]]) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for video, text in pairs:
        found[video] = found.get(video, 0.0) + counts_of(text)
    return found


def _total(videos: Mapping[str, Counts]) -> Counts:
    return np.sum(list(videos.values()), axis=0)
