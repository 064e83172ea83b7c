"""Whether a text asks for something, and whether anybody would ask it so."""

from __future__ import annotations

import re

from understudy.text.language import base, spaced

_LETTERS = re.compile(r"[^\W\d_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CLOSING = "\"'”’»)]*_`」』"
_MARKS = ("?", "؟", "？")
_WH = "how what why when where who which whose whom what's how's who's where's why's when's"
_AUXILIARIES = (
    "can is does are do if will should could did have has had was were would may might must shall "
    "am isn't aren't doesn't don't can't won't shouldn't couldn't didn't haven't hasn't wasn't "
    "weren't wouldn't"
)
_REQUESTS = (
    "explain describe tell give list name compare summarize summarise outline discuss define write "
    "show help suggest walk"
)
_ELSEWHERE = (
    "wie was warum wann wer wo welche welcher kann ist sind comment pourquoi quand qui quel quelle "
    "que quoi est cómo qué por cuándo quién dónde cuál come perché quando chi dove"
)
_ASKING = frozenset(f"{_WH} {_AUXILIARIES} {_REQUESTS} {_ELSEWHERE}".split())
_INTERROGATIVES = "|".join(sorted(set(_WH.split())))
_VERBS = "|".join(sorted(set(_AUXILIARIES.split()) - {"if"}))
_ENGLISH_QUESTION = re.compile(
    rf"\b(?:{_INTERROGATIVES})\b|(?:^|[,;:–—]\s*|\b(?:and|but|or|so)\s+)(?:{_VERBS})\b",
    re.IGNORECASE,
)
"""A question word anywhere, or a verb where a question has it."""

_MARKUP = re.compile(r"\*\*|__|`|^#|</?\w+>|https?://|www\.|\{\w*\}|\[[a-z _]+\]|\|\|")
_SPEECH_MARKS = re.compile(r"\b(?:um+|uh+|erm|gonna|wanna)\b|,\s*you know,", re.IGNORECASE)
_LABEL = re.compile(r"^(?:question|q|user|system|assistant|human|ai)\s*\d*\s*:", re.IGNORECASE)
_TWICE = re.compile(r"\b(\w{3,})\s+\1\b", re.IGNORECASE)
LEAST_CAPITALS = 12
"""Letters from which on a text may be said to shout; `What is HbA1C?` may not."""


def is_request(text: str, language: str) -> bool:
    """Whether a text asks for something, with a question mark or with a word such as `explain`.

    People's own data holds requests as well as questions. Of languages that write no spaces, only
    the length is looked at.
    """
    question = text.strip()
    if not spaced(language) or _CJK.search(question):
        return len(question) >= 4
    words = [word.lower() for word in _LETTERS.findall(question)]
    return len(words) >= 2 and (ends_asking(question) or words[0] in _ASKING)


def ends_asking(text: str) -> bool:
    """Whether a text ends with a question mark, perhaps within quotes."""
    return text.rstrip().rstrip(_CLOSING).endswith(_MARKS)


def is_natural(question: str, language: str) -> bool:
    """Whether a person would put a question so: one sentence that asks, in plain writing.

    False for two questions in one, markup and links, a label such as `Q:`, capitals throughout,
    a word written twice, the fillers of speech, and in English for a statement or a string of
    keywords with a question mark behind it.
    """
    if sum(question.count(mark) for mark in _MARKS) > 1:
        return False
    odd = (_MARKUP, _SPEECH_MARKS, _LABEL, _TWICE)
    if any(pattern.search(question) for pattern in odd) or _shouts(question):
        return False
    return base(language) != "en" or _ENGLISH_QUESTION.search(question) is not None


def _shouts(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return len(letters) >= LEAST_CAPITALS and sum(map(str.isupper, letters)) > 0.6 * len(letters)
