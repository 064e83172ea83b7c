"""What of an answer was said in its talk, and where, told through a speech recogniser's ears."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache

from rapidfuzz import fuzz, process

from understudy.evidence import SpokenText, locate
from understudy.proof.texts import content_of
from understudy.records import Evidence, Transcript

ALIKE = 82.0
"""rapidfuzz ratio from which on two words are one that was misheard or inflected."""

NEAR = 60.0
"""Least similarity of a sentence and the stretch of talk that is shown as its source."""

_SENTENCE = re.compile(r"(?<=[.!?…])\**\s+|\n+")


class Talks:
    """The transcripts that answers are looked for in."""

    def __init__(self, transcripts: Mapping[str, Transcript]) -> None:
        self._transcripts = transcripts
        self._words = cache(self._read)
        self._spoken = cache(self._index)

    def __contains__(self, video: str) -> bool:
        return video in self._transcripts

    def __len__(self) -> int:
        return len(self._transcripts)

    def grounded(self, text: str, video: str) -> float:
        """Share of a text's content words that the talk holds; 0 for a text without any: what says
        nothing is not grounded.
        """
        content = content_of(text)
        said = self._words(video)
        return sum(_heard(word, said) for word in content) / len(content) if content else 0.0

    def support(self, text: str, video: str) -> Evidence | None:
        """The stretch of talk that is most like one of the text's sentences, where one is near."""
        sentences = [part.strip(" *-#") for part in _SENTENCE.split(text)]
        found = [locate(one, self._spoken(video), min_score=NEAR) for one in sentences if one]
        return max((one for one in found if one), key=lambda one: one.score, default=None)

    def _read(self, video: str) -> frozenset[str]:
        return content_of(self._transcripts[video].text)

    def _index(self, video: str) -> SpokenText:
        return SpokenText.of(self._transcripts[video])


@cache
def _heard(word: str, said: frozenset[str]) -> bool:
    return word in said or _nearly(word, said)


def _nearly(word: str, said: Collection[str]) -> bool:
    return process.extractOne(word, said, scorer=fuzz.ratio, score_cutoff=ALIKE) is not None
