"""An answer composed of a transcript's sentences: a bold lead, a paragraph, a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.teacher.offline.sentences import Sentence
from understudy.teacher.offline.words import stems

LEAST_WORDS = 5
"""A shorter lead ("No." "It depends.") takes the next sentence along."""

PARAGRAPH_SENTENCES = 3
MAX_ITEMS = 4
_ORDINAL = re.compile(
    r"^(?:(?:the )?(?P<word>first|second|third|fourth|fifth|finally|lastly)(?:ly)?(?: of all)?"
    r"|(?:number|step|rule|principle) (?:one|two|three|four|five|\d))\b[,.:]?\s+(?:is\s+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Composed:
    """An answer and the words it stands on."""

    lead: str
    text: str
    """Markdown."""
    quote: str
    """The lead's words as the transcript has them."""


def compose(
    evidence: Sequence[int], sentences: Sequence[Sentence], *, max_chars: int = 3000
) -> Composed:
    """Put sentences into the form of an answer, without a word of its own.

    Args:
        evidence: Positions of the sentences; the first opens the answer. Neighbours are told
            as a paragraph, sentences from elsewhere as a list.
        max_chars: The paragraph, then the list, give way above this.
    """
    told = [sentences[at] for at in evidence]
    opening = _opening(told)
    lead = " ".join(sentence.text for sentence in told[:opening])
    rest = _usable(told[opening:])
    blocks = [f"**{lead}**", *(_steps(rest) or _prose(rest, after=told[opening - 1].at))]
    while len(blocks) > 1 and len("\n\n".join(blocks)) > max_chars:
        blocks.pop()
    quote = " ".join(sentence.raw for sentence in told[:opening])
    return Composed(lead=lead, text="\n\n".join(blocks), quote=quote)


def evidence_for(question: str, sentences: Sequence[Sentence]) -> tuple[int, ...]:
    """The sound sentence that shares most content words with a question, and the next ones."""
    asked = set(stems(question))
    best, most = None, 0.0
    for sentence in sentences:
        shared = asked & set(stems(sentence.text))
        score = len(shared) / (6 + len(sentence.text.split())) ** 0.25
        if sentence.sound and not sentence.asks and score > most:
            best, most = sentence.at, score
    if best is None:
        return ()
    return tuple(s.at for s in sentences[best : best + 4] if not s.asks and s.text)


def _opening(told: Sequence[Sentence]) -> int:
    """How many sentences the lead takes."""
    words = 0
    for number, sentence in enumerate(told, start=1):
        words += len(sentence.text.split())
        if words >= LEAST_WORDS:
            return number
    return len(told)


def _usable(told: Sequence[Sentence]) -> list[Sentence]:
    """Sentences until the first that is broken or speaks of something else than the subject."""
    found: list[Sentence] = []
    for sentence in told:
        if not sentence.sound and not _ORDINAL.search(sentence.text):
            break
        found.append(sentence)
    return found


def _steps(rest: Sequence[Sentence]) -> list[str]:
    """Paragraph and list, where the sentences count something off; nothing where they do not."""
    numbered = [at for at, sentence in enumerate(rest) if _ORDINAL.search(sentence.text)]
    if len(numbered) < 2:
        return []
    begun = numbered[0]
    items = [
        _capital(_ORDINAL.sub("", rest[at].text))
        for at in numbered
        if at - begun <= 2 * MAX_ITEMS and _ORDINAL.sub("", rest[at].text)
    ]
    before = [sentence.text for sentence in rest[:begun]]
    paragraph = " ".join(before[:-1][:PARAGRAPH_SENTENCES])
    intro = re.sub(r"[.!]$", ":", before[-1]) if before else ""
    listing = "\n".join(f"- {item}" for item in items[:MAX_ITEMS])
    return [block for block in (paragraph, intro, listing) if block]


def _prose(rest: Sequence[Sentence], *, after: int) -> list[str]:
    """The neighbours of the lead as a paragraph, sentences from elsewhere as a list."""
    near: list[str] = []
    while rest and rest[0].at == after + 1:
        near.append(rest[0].text)
        after, rest = rest[0].at, rest[1:]
    far = [sentence.text for sentence in rest]
    paragraph = " ".join(near[:PARAGRAPH_SENTENCES])
    listing = "\n".join(f"- {text}" for text in far[:MAX_ITEMS]) if len(far) > 1 else " ".join(far)
    return [block for block in (paragraph, listing) if block]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
