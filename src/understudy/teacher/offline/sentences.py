"""Sentences of a transcript, also where the captions have no punctuation.

Automatic captions are often one long run of words. People mark the beginning of
a thought by a handful of words ("so", "but", "and then", "I think"), and that is
where such a run is cut.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Literal

from understudy.text.wording import mentions_source

LONGEST = 45
"""Words; a longer sentence is speech without punctuation and is cut at discourse markers."""

SHORTEST_CLAUSE = 7
LONG_CLAUSE = 12
LONGEST_CLAUSE = 34

_SENTENCE_END = re.compile(
    r"(?<!\b[A-Z])(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bvs)(?<!\be\.g)(?<!\bi\.e)"
    r"[.!?…]+[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[^\sa-z])|(?<=[。！？])\s*"
)
_NOISE = re.compile(r"\[[^\]]{0,40}\]|>>+|♪+")
_NOISY = re.compile(
    r"https?:|\w+_\w+:|\b\d{1,2}:\d{2}\b|\w: -|\"\s-\s"
    r"|[.!?],|(?<!\betc)(?<!\bvs)(?<!\be\.g)(?<!\bi\.e)[.!?] (?=[a-z])"
)
"""Links, chapter marks, and punctuation that a caption has put into the middle of a thought."""

_FRAGMENT = re.compile(
    r"^(?:which|whose|would|could|than|of|or|aimed|whether|because(?!.*,)"
    r"|that (?:you|we|they|he|she|it|the|an?|if|those|people|are)\b"
    r"|what (?:an?|the|you|I)\b(?!.*\b(?:is|are|was|\?)))\b",
    re.IGNORECASE,
)
"""Openings of a clause whose main clause stands elsewhere."""

_MARKS = re.compile(r"[*_`#~|<>\[\]\\^]")
_FILLER = re.compile(
    r"(?:(?<=\s)|^)(?:uh+|um+|uhm|erm|hmm)\b[,.]?\s*|,\s*(?:you know|I mean|right|okay)\s*,"
    r"|(?:(?<=\s)|^)(?:you know|I mean),\s*|(?<!\ba )(?<!\bthe )(?<!\bthis )(?<!\bwhat )"
    r"\b(?:sort of|kind of)\s(?=[a-z])",
    re.IGNORECASE,
)
_STUTTER = re.compile(r"\b(\w+(?:'\w+)?)(?:,?\s+\1\b)+", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"^(?:(?:so|and|but|now|well|okay|ok|alright|all right|you know|look|right|yeah|again|anyway"
    r"|basically|honestly|frankly|actually|obviously|of course|then|also|like|I think|I mean"
    r"|I believe|I would (?:say|expect|guess|argue)(?: that)?|what I've seen so far is|uh|um)\b[,:]?\s+|[-–—•,;:.]+\s*|[\"“]\s*(?=[^\"”]*$))+",
    re.IGNORECASE,
)
_SUBJECTS = frozenset(
    """
    a for he how i i'm if in it it's let's my people she that's the there there's they
    they're this we we're what when why you you're
    """.split()  # noqa: SIM905  (a word list)
)
_OPENERS = {"so", "now", "okay", "well", "anyway", "then"}
_AFTER_AND = _SUBJECTS | {"so", "then", "now", "that"}
_FRESH = frozenset(
    """
    i i'm it's there's they're we're you're
    """.split()  # noqa: SIM905  (a word list)
)
_FRESH_PAIRS = {
    *("this is", "these are", "there is", "there are", "it is", "in fact", "the reason"),
    *(
        "the key",
        "the point",
        "the first",
        "the second",
        "the third",
        "the problem",
        "what matters",
    ),
    *("for example", "one of", "it was", "it has", "they are", "if you"),
    *("and that", "what happens", "the other", "another factor", "number one", "number two"),
}
_WEAK = frozenset(
    """
    although and as because except plus unless when whereas which while
    """.split()  # noqa: SIM905  (a word list)
)
"""Words before which a statement may be over, though the sentence goes on."""

_BINDING = frozenset(
    """
    a about an and are as at because believe but by feel for from hope how if in into is
    know like maybe means my of on or our said saw say says see so than that the their then
    these think this to was were what when where whether which who why with your
    """.split()  # noqa: SIM905  (a word list)
)
_HANGING = frozenset(
    """
    a an and are as at be because but by for from her his if in is its my not of on or other
    our really than that the their to very was were when which who with your
    """.split()  # noqa: SIM905  (a word list)
)
"""A clause that ends with one of these was cut in the middle."""


@dataclass(frozen=True)
class Sentence:
    """One sentence or clause of a transcript."""

    at: int
    """Position in the transcript, counted in sentences."""
    raw: str
    """The words as the transcript has them."""
    text: str
    """The same, fit to be read: without fillers, with a capital and a full stop."""
    sound: bool
    """It is complete, as far as its form can tell, and speaks of the subject."""

    @property
    def asks(self) -> bool:
        return self.text.endswith("?")


def sentences_of(text: str, *, title: str = "") -> tuple[Sentence, ...]:
    """Cut a transcript into sentences that can be read.

    Args:
        text: Of the whole transcript, with or without punctuation and capitals.
        title: Where the text holds it as a heading, the notes before it are left out.

    Returns:
        In order; each holds at least one word.
    """
    spoken = " ".join(_after_heading(text, title).split())
    pieces = (
        piece for sentence in _split(spoken) for piece in _clauses(sentence) if _has_word(piece[0])
    )
    return tuple(_sentence(at, raw, whole=whole) for at, (raw, whole) in enumerate(pieces))


def readable(raw: str) -> str:
    """Make a stretch of speech fit to be read, without a new word in it."""
    plain = _MARKS.sub("", _NOISE.sub(" ", raw))
    plain = _STUTTER.sub(r"\1", _FILLER.sub(" ", plain))
    plain = re.sub(r"\s+([,.;:?!])", r"\1", " ".join(plain.split()))
    plain = re.sub(r"\bi\b(?=['\s])", "I", plain)
    plain = _LEAD_IN.sub("", plain).strip().rstrip(",;:-–— ")
    if not plain:
        return ""
    if plain[-1] not in '.!?…。！？"”':
        plain += "."
    return plain[0].upper() + plain[1:]


def _sentence(at: int, raw: str, *, whole: bool) -> Sentence:
    text = readable(raw)
    words = len(text.split())
    noisy = _NOISY.search(raw) is not None or torn(text)
    hanging = text.rstrip(".!…").rpartition(" ")[2].lower() in _HANGING
    form = whole and not noisy and not hanging and 2 <= words <= LONGEST
    sound = form and not mentions_source(text)
    return Sentence(at=at, raw=raw, text=text, sound=sound)


def torn(text: str) -> bool:
    """Whether a text holds a link or a break in mid-thought, or lacks its main clause."""
    return _NOISY.search(text) is not None or _FRAGMENT.search(text) is not None


def _after_heading(text: str, title: str) -> str:
    """What follows a Markdown heading that repeats the title; everything where there is none."""
    before, heading, after = text.partition(f"# {title} ") if title else (text, "", "")
    return after if heading and len(after) > len(before) / 2 else text


def _split(text: str) -> list[str]:
    cuts = [match.end() for match in _SENTENCE_END.finditer(text)]
    edges = [0, *cuts, len(text)]
    return [text[a:b].strip() for a, b in itertools.pairwise(edges) if text[a:b].strip()]


def _clauses(sentence: str) -> list[tuple[str, bool]]:
    """The sentence, or the clauses of one that never ends; and whether each is whole."""
    words = sentence.split()
    if len(words) <= LONGEST:
        return [(sentence, True)]
    found: list[tuple[str, bool]] = []
    begun, fresh = 0, True
    while begun < len(words):
        end, kind = _clause_end(words, begun)
        found.append((" ".join(words[begun:end]), fresh and kind != "torn"))
        begun, fresh = end, kind == "thought"
    return found


def _clause_end(words: list[str], begun: int) -> tuple[int, Literal["thought", "pause", "torn"]]:
    """Where the clause that begins here ends: at a new thought, at a pause or anywhere."""
    weak: int | None = None
    for at in range(begun + 1, min(begun + LONGEST_CLAUSE, len(words))):
        if _cuts(words, at, at - begun):
            return at, "thought"
        if at - begun >= LONG_CLAUSE and words[at].lower() in _WEAK:
            weak = at
    if begun + LONGEST_CLAUSE >= len(words):
        return len(words), "thought"
    return (weak, "pause") if weak else (begun + LONGEST_CLAUSE, "torn")


def _cuts(words: list[str], at: int, length: int) -> bool:
    """Whether a new thought begins at this word."""
    if length < SHORTEST_CLAUSE or at + 2 >= len(words):
        return False
    word, following = words[at].lower().strip(",."), words[at + 1].lower().strip(",.")
    before = words[at - 1].lower().strip(",.")
    if word == "but":
        return True
    if word in _OPENERS:
        return following in _SUBJECTS and before not in _BINDING
    if word == "and":
        return following in _AFTER_AND
    fresh = word in _FRESH or f"{word} {following}" in _FRESH_PAIRS
    return length >= LONG_CLAUSE - 2 and fresh and before not in _BINDING


def _has_word(text: str) -> bool:
    return re.search(r"\w", text) is not None
