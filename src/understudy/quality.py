"""Defects of a row, each a named check with a documented threshold.

Rows are dropped for what is wrong with them, never for their rank: the best 80 %
by length and form throws away exactly the short answers that were asked for
(FACTS 8). Judging never edits a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from understudy.form import Form, form_of, plain_text, stray_marks
from understudy.language import STOPWORDS, base, foreign, spaced
from understudy.records import Row, digest_of
from understudy.rows import drop
from understudy.settings import FilterSettings, Policy

VERSION = "2"

Check = Literal[
    "not_a_question",
    "too_short",
    "mentions_source",
    "truncated",
    "no_final_punctuation",
    "broken_markdown",
    "repetitive",
    "wrong_language",
    "personal_data",
    "profanity",
    "off_topic",
    "unsupported",
]
"""In this order: the first that its policy drops for is the row's reason."""

CHECKS: tuple[Check, ...] = get_args(Check)


@dataclass(frozen=True)
class Reading:
    """A row as the checks see it: parsed once."""

    row: Row
    settings: FilterSettings
    language: str
    plain: str
    """The answer without its markup."""
    form: Form


def judge(row: Row, settings: FilterSettings, language: str) -> tuple[Check, ...]:
    """Name every check that fires and whose policy is not `keep`."""
    reading = Reading(row, settings, language, plain_text(row.answer), form_of(row.answer))
    return tuple(
        name
        for name in CHECKS
        if policy_of(name, row, settings) != "keep" and _RULES[name](reading)
    )


def policy_of(check: Check, row: Row, settings: FilterSettings) -> Policy:
    """What the settings want done; imported rows without evidence are only flagged."""
    policy: Policy = getattr(settings, check)
    imported = check == "unsupported" and row.generator == "import"
    return "flag" if imported and policy == "drop" else policy


def filter_rows(rows: Sequence[Row], settings: FilterSettings, language: str) -> list[Row]:
    """Give each kept row its findings and drop those whose policy says so.

    What a person insists on has its findings too, and stays.

    Where `settings.keep_share` is set, the lowest-scoring of the rest are dropped as
    `not_selected`; equal scores are told apart by a digest of the id.
    """
    judged = [_judged(row, settings, language) if row.status == "kept" else row for row in rows]
    if settings.keep_share is None:
        return judged
    ranked = sorted(
        (row for row in judged if row.status == "kept"),
        key=lambda row: (not row.insisted, -score(row), digest_of(row.id)),
    )
    chosen = {row.id for row in ranked[: round(settings.keep_share * len(ranked))]}
    return [
        row
        if row.status == "dropped" or row.insisted or row.id in chosen
        else drop(row, "not_selected")
        for row in judged
    ]


def _judged(row: Row, settings: FilterSettings, language: str) -> Row:
    findings = judge(row, settings, language)
    fatal: list[Check] = [name for name in findings if policy_of(name, row, settings) == "drop"]
    if fatal and not row.insisted:
        return drop(row, fatal[0], findings=findings)
    return row.model_copy(update={"findings": findings})


def defects(row: Row) -> int:
    """How many defects an answer shows whatever the settings: chooses a cluster's keeper."""
    plain = plain_text(row.answer)
    return sum(
        (
            _ends_openly(plain),
            _lacks_final_punctuation(row.answer, plain),
            bool(stray_marks(row.answer)),
            _repeats(plain),
            _speaks_of_source(row.answer, "en"),
        )
    )


def score(row: Row) -> float:
    """A number in [0, 1] for those who want the seed's "top 80 %"; 1 is best.

    The mean of: no findings (each costs a third), evidence, form (bold, list, paragraphs), and
    the share of the question's content words that the answer takes up.
    """
    form = form_of(row.answer)
    evidence = 0.5 if row.evidence_score is None else row.evidence_score / 100
    parts = (
        1 - min(3, len(row.findings)) / 3,
        evidence,
        (form.bold + form.list + form.paragraphs) / 3,
        overlap(row.question, row.answer),
    )
    return round(sum(parts) / len(parts), 4)


def overlap(question: str, answer: str) -> float:
    """Share of the question's content words that the answer holds, compared by their stems.

    1 where the question has no content words.
    """
    asked, told = _content(question), _content(answer)
    return len(asked & told) / len(asked) if asked else 1.0


def _content(text: str) -> set[str]:
    words = (word.lower() for word in _LETTERS.findall(text))
    return {_stem(word) for word in words if len(word) > 2 and word not in STOPWORDS}


_ENDING = re.compile(r"(?<=\w{3})(ing|ed|ly)$")


def _stem(word: str) -> str:
    """Enough of a word to know its forms by: `keeps`, `keeping` and `keep` are one."""
    return _ENDING.sub("", word.removesuffix("s")).removesuffix("e")[:6]


# --- rules -------------------------------------------------------------------

_LETTERS = re.compile(r"[^\W\d_]+")
_FINAL = ".!?…。！？؟।:;"
_CLOSING = "\"'”’»)]*_`」』"
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _too_short(reading: Reading) -> bool:
    return len(reading.plain) < reading.settings.min_answer_chars


_SOURCES: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?<!rna )(?<!gene )transcripts?\b"
        r"|\b(the|this|that) (speaker|lecturer|lecture|talk|video|podcast|webinar|recording)\b"
        r"|\b(presentation|discussion|lecture|talk|video) here\b"
        r"|\b(material|summary|information|text|passage|excerpt)"
        r" (here|provided|reviewed|discussed|available|given|above)\b"
        r"|\bevidence (here|provided|reviewed)\b"
        r"|\bin (this|the) (material|passage|excerpt|presentation|episode)\b"
        r"|\bthe material (suggests|says|states|mentions|describes|does not)\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\btranskripts?\b|\b(im|das|dieses|dem) (video|vortrag|podcast)\b"
        r"|\b(der|dieser|dieses|des) (sprecher|vortrag|redner)s?\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\btranscription\b|\b(la|cette|dans la) (vidéo|conférence)\b|\bl['’]orateur\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\btranscripción\b|\b(el|este|la|esta) (vídeo|video|charla|conferencia|ponente)\b",
        re.IGNORECASE,
    ),
}


def _mentions_source(reading: Reading) -> bool:
    return _speaks_of_source(reading.plain, reading.language)


def _speaks_of_source(text: str, language: str) -> bool:
    pattern = _SOURCES.get(base(language), _SOURCES["en"])
    return bool(pattern.search(text))


_OPEN_END = re.compile(
    r"(\.\.\.|…|[,:;(\[–—-]|\b(and|or|but|the|a|an|of|to|with|because|that|which|for|in|is|are"
    r"|und|oder|der|die|das|et|ou|le|la|les|de|y|o|el|los|que))$",
    re.IGNORECASE,
)


def _truncated(reading: Reading) -> bool:
    return _ends_openly(reading.plain) or "```" in stray_marks(reading.row.answer)


def _ends_openly(plain: str) -> bool:
    """Whether the text stops in the middle: an open end, or a bracket that is never closed."""
    last = plain.rstrip().rpartition("\n")[2]
    return bool(_OPEN_END.search(last.rstrip(_CLOSING))) or last.count("(") > last.count(")") + 1


def _no_final_punctuation(reading: Reading) -> bool:
    return _lacks_final_punctuation(reading.row.answer, reading.plain)


_ITEM = re.compile(r"^\s*([-*+•]|\d+[.)]|\|)\s")


def _lacks_final_punctuation(answer: str, plain: str) -> bool:
    """Whether the last line is prose without an end; list items and code may go without."""
    last_source = answer.rstrip().rpartition("\n")[2]
    if _ITEM.match(last_source) or last_source.startswith(("    ", "```")):
        return False
    return not plain.rstrip().rstrip(_CLOSING).endswith(tuple(_FINAL))


def _broken_markdown(reading: Reading) -> bool:
    return bool(stray_marks(reading.row.answer))


_ASKING_WORDS = (
    "how what why can is does which are do if when who will should could did have where at has were "
    "was would whose whom may might must shall am explain describe tell give list name compare "
    "summarize summarise outline discuss define write show help suggest walk "
    "wie was warum wann wer wo welche welcher kann ist sind comment pourquoi quand qui quel quelle "
    "que quoi est cómo qué por cuándo quién dónde cuál come perché quando chi dove"
)
_ASKING = frozenset(_ASKING_WORDS.split())


def _not_a_question(reading: Reading) -> bool:
    question = reading.row.question.strip()
    words = [word.lower() for word in _LETTERS.findall(question)]
    if not spaced(reading.language) or _CJK.search(question):
        return len(question) < 4
    asks = question.rstrip(_CLOSING).endswith(("?", "؟", "？"))
    return len(words) < 2 or not (asks or words[0] in _ASKING)


def _off_topic(reading: Reading) -> bool:
    if not spaced(reading.language):
        return False
    return overlap(reading.row.question, reading.plain) < reading.settings.min_overlap


_RUN = re.compile(r"([^\s\-_=.*|])\1{19,}|\b(\w+)(?:\W+\2\b){4,}", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")


def _repetitive(reading: Reading) -> bool:
    return _repeats(reading.plain)


def _repeats(plain: str) -> bool:
    """A sentence three times, a word five times in a row, or a quarter of all 6-grams again."""
    if _RUN.search(plain):
        return True
    sentences = Counter(
        tuple(_LETTERS.findall(sentence.lower())) for sentence in _SENTENCE_END.split(plain)
    )
    if any(times >= 3 and len(words) >= 4 for words, times in sentences.items()):
        return True
    words = _LETTERS.findall(plain.lower())
    grams = [tuple(words[start : start + 6]) for start in range(len(words) - 5)]
    return len(grams) >= 24 and 1 - len(set(grams)) / len(grams) > 0.25


def _wrong_language(reading: Reading) -> bool:
    return foreign(reading.plain, reading.language)


_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[a-z]{2,}"
    r"|\+\d{1,3}[ ./-]?\(?\d{1,4}\)?([ ./-]?\d{2,4}){2,4}\b"
    r"|(?<![\d.,])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\d.,])"
    r"|\b(phone|tel|telephone|call|fax|whatsapp|text)(?: us| me)?(?: at| on)?\s*[.:]?\s*"
    r"\(?\d[\d ()/.-]{5,}\d",
    re.IGNORECASE,
)


def _personal_data(reading: Reading) -> bool:
    return bool(_PERSONAL.search(f"{reading.row.question}\n{reading.plain}"))


_PROFANE = re.compile(
    r"\b(fuck\w*|motherfuck\w*|shit(?:ty|s)?|bullshit|asshole\w*|bitch\w*|cunt\w*|dickhead\w*"
    r"|bastards?|wank\w*|scheiß\w*|arschloch|putain|merde|mierda|puta|cazzo|merda)\b",
    re.IGNORECASE,
)


def _profanity(reading: Reading) -> bool:
    return bool(_PROFANE.search(f"{reading.row.question}\n{reading.plain}"))


def _unsupported(reading: Reading) -> bool:
    return reading.row.quote is None


_RULES: Mapping[Check, Callable[[Reading], bool]] = {
    "not_a_question": _not_a_question,
    "too_short": _too_short,
    "mentions_source": _mentions_source,
    "truncated": _truncated,
    "no_final_punctuation": _no_final_punctuation,
    "broken_markdown": _broken_markdown,
    "repetitive": _repetitive,
    "wrong_language": _wrong_language,
    "personal_data": _personal_data,
    "profanity": _profanity,
    "off_topic": _off_topic,
    "unsupported": _unsupported,
}
