"""Numbers, doses and names of an answer that its transcript does not hold.

They are what a teacher invents most harmfully. The transcript was written by a
speech recogniser, so `sixteen` is 16, `oh zempic` is Ozempic, and a name that
sounds nearly like one that was said is that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz, process

from understudy.records import Transcript
from understudy.text.language import STOPWORDS, base
from understudy.text.numerals import Measure, Spoken, measures_in

COUNTING = 12
"""Whole numbers up to this, without a unit, count the points of an answer: `3 steps`."""

ALIKE = 72.0
"""rapidfuzz ratio from which on a name may be a recogniser's spelling of what was said."""

_CAPITALISED_NOUNS = frozenset({"de", "lb"})
_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?:;…])[\"”’)*_]*\s+|\n+|\s+[—–-]\s+|\s*[•→|(\[“\"]\s*")
_ORDINARY = frozenset(
    [
        "i",
        "i'm",
        "i've",
        "i'll",
        "i'd",
        "ok",
        "okay",
        "yes",
        "no",
        "a",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "am",
        "pm",
        "a.m",
        "p.m",
        "e.g",
        "i.e",
        "etc",
        "vs",
    ]
)


@dataclass(frozen=True)
class Vocabulary:
    """What a transcript says, prepared once for many answers."""

    spoken: Spoken
    words: frozenset[str]
    """In lower case, without apostrophes."""
    pairs: frozenset[str]
    """Two and three words written as one: recognisers split what they do not know."""
    run: str
    """All words without a space between them: `l d l` holds `ldl`."""
    initials: str
    """Of all words with content: `basal metabolic rate` holds `bmr`."""
    names: bool
    """Whether a capital within a sentence means a name, in this language."""

    @classmethod
    def of(cls, transcript: Transcript) -> Vocabulary:
        """Index a transcript."""
        words = [_plain(word) for word in _WORD.findall(transcript.text)]
        pairs = {one + other for one, other in pairwise(words)}
        threes = {one + two + three for (one, two), (_, three) in pairwise(pairwise(words))}
        return cls(
            spoken=Spoken.of(transcript.text),
            words=frozenset(words),
            pairs=frozenset(pairs | threes),
            run="".join(words),
            initials="".join(word[:1] for word in words if word not in STOPWORDS),
            names=base(transcript.language) not in _CAPITALISED_NOUNS,
        )


def foreign_terms(text: str, said: Vocabulary) -> tuple[str, ...]:
    """List numbers, doses and names of a text that the transcript does not hold.

    Args:
        text: Without markup.

    Returns:
        Each once, as it is written, numbers with their unit: first numbers, then names.
    """
    numbers = [
        _written(measure)
        for measure in measures_in(_without_codes(text))
        if not _counts(measure) and not said.spoken.says(measure)
    ]
    names = [name for name in _names(text) if said.names and not _is_said(name, said)]
    codes = [code for code in _codes(text) if not _code_is_said(code, said)]
    return tuple(dict.fromkeys((*numbers, *codes, *names)))


def _counts(measure: Measure) -> bool:
    return measure.unit is None and all(value <= COUNTING for value in measure.values)


def _written(measure: Measure) -> str:
    return f"{measure.written} {measure.unit}" if measure.unit else measure.written


# --- codes: letters and figures in one word, such as GLP-1 or B12 ---------------------------

_CODE = re.compile(
    r"\b(?=[\w-]*[A-Za-z])(?:[A-Za-z]+-?\d+(?:\.\d+)?[A-Za-z]*\d*|\d+[A-Z][A-Za-z]*)\b"
)


def _codes(text: str) -> list[str]:
    return _CODE.findall(text)


def _without_codes(text: str) -> str:
    return _CODE.sub(" ", text)


def _code_is_said(code: str, said: Vocabulary) -> bool:
    if _plain(code) in said.run:
        return True
    figures = measures_in(re.sub(r"[^\d.]+", " ", code))
    letters = re.sub(r"[\d-]+", "", code).casefold()
    return all(said.spoken.says(one) for one in figures) and (
        len(letters) < 2 or letters in said.run
    )


# --- names ----------------------------------------------------------------------------------


def _names(text: str) -> Iterator[str]:
    """Words with a capital inside a sentence, and words in capitals anywhere."""
    for sentence in _SENTENCE.split(text):
        words = _WORD.findall(sentence)
        titled = _is_title(words)
        for at, word in enumerate(words):
            if not word[0].isupper() or word.casefold().replace("’", "'") in _ORDINARY:
                continue
            if any(map(str.isdigit, word)):
                continue
            if _is_acronym(word) or (at and not titled and _is_capitalised(word)):
                yield word


def _is_title(words: list[str]) -> bool:
    """A heading with capitals throughout: they tell nothing there."""
    long = [word for word in words if len(word) > 3]
    return len(words) <= 12 and len(long) > 1 and all(word[0].isupper() for word in long)


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.isalpha() and len(word) <= 6


def _is_capitalised(word: str) -> bool:
    return len(word) > 2 and word[0].isupper() and any(map(str.islower, word))


def _is_said(name: str, said: Vocabulary) -> bool:
    plain = _plain(name)
    if plain in said.words or plain.removesuffix("s") in said.words or f"{plain}s" in said.words:
        return True
    if name.isupper():
        return len(plain) < 3 or plain in said.run or plain in said.initials
    if plain in said.pairs or any(part in said.words for part in _parts(name)):
        return True
    near = process.extractOne(plain, said.words | said.pairs, scorer=fuzz.ratio, score_cutoff=ALIKE)
    return near is not None


def _parts(name: str) -> list[str]:
    """Of `Harvard-trained`, the parts; of a plain name nothing."""
    found = re.split(r"[-’']", name.casefold())
    return [part for part in found if len(part) > 3] if len(found) > 1 else []


def _plain(word: str) -> str:
    folded = word.casefold().replace("’", "'")
    return re.sub(r"[^\w]|_", "", folded.removesuffix("'s"))
