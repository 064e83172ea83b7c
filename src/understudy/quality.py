"""Defects of a row, each a named check with a documented threshold.

Rows are dropped for what is wrong with them, never for their rank: the best 80 %
by length and form throws away exactly the short answers that were asked for
(FACTS 8). Judging never edits a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from understudy.records import Row, digest_of
from understudy.rows import MAX_CHARACTERS, drop
from understudy.settings import FilterSettings, Policy
from understudy.table import Packed, is_kept
from understudy.text.asking import is_request
from understudy.text.endings import breaks_off, lacks_final_punctuation
from understudy.text.form import form_of, plain_text, stray_marks
from understudy.text.language import foreign, spaced
from understudy.text.lengths import limits_for
from understudy.text.overlap import overlap
from understudy.text.personal import holds_personal_data, is_profane
from understudy.text.repetition import repeats
from understudy.text.wording import mentions_source

VERSION = "3"

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
    "foreign_terms",
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


def judge(row: Row, settings: FilterSettings, language: str) -> tuple[Check, ...]:
    """Name every check that fires and whose policy is not `keep`."""
    reading = Reading(row, settings, language, plain_text(row.answer))
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


def filter_rows(rows: Iterable[Row], settings: FilterSettings, language: str) -> Iterator[Row]:
    """Give each kept row its findings and drop those whose policy says so.

    What a person insists on has its findings too, and stays. Rows are taken and given one by one.

    Where `settings.keep_share` is set, the lowest-scoring of the rest are dropped as
    `not_selected`; equal scores are told apart by a digest of the id. That takes all rows first.
    """
    judged = (_judged(row, settings, language) if is_kept(row) else row for row in rows)
    return judged if settings.keep_share is None else _best(Packed(judged), settings.keep_share)


def _best(rows: Packed, share: float) -> Iterator[Row]:
    ranked = sorted(
        (not row.insisted, -score(row), digest_of(row.id), row.id) for row in rows if is_kept(row)
    )
    chosen = {name for *_, name in ranked[: round(share * len(ranked))]}
    return (
        drop(row, "not_selected")
        if is_kept(row) and not row.insisted and row.id not in chosen
        else row
        for row in rows
    )


def _judged(row: Row, settings: FilterSettings, language: str) -> Row:
    findings = judge(row, settings, language)
    fatal: list[Check] = [name for name in findings if policy_of(name, row, settings) == "drop"]
    if fatal and not row.insisted:
        return drop(row, fatal[0], findings=findings)
    return row.model_copy(update={"findings": findings})


def defects(row: Row, language: str = "en") -> int:
    """How many defects an answer shows whatever the settings: chooses a cluster's keeper."""
    plain = plain_text(row.answer)
    return sum(
        (
            breaks_off(row.answer, plain, language),
            lacks_final_punctuation(row.answer, plain),
            bool(stray_marks(row.answer)),
            repeats(plain),
            mentions_source(plain, language=language),
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


# --- rules -------------------------------------------------------------------


def _too_short(reading: Reading) -> bool:
    least, _ = limits_for(
        reading.row.question,
        least=reading.settings.min_answer_chars,
        most=MAX_CHARACTERS,
        language=reading.language,
    )
    return len(reading.plain) < least


def _mentions_source(reading: Reading) -> bool:
    return mentions_source(reading.plain, language=reading.language)


def _truncated(reading: Reading) -> bool:
    source = reading.row.answer
    return breaks_off(source, reading.plain, reading.language) or "```" in stray_marks(source)


def _no_final_punctuation(reading: Reading) -> bool:
    return lacks_final_punctuation(reading.row.answer, reading.plain)


def _broken_markdown(reading: Reading) -> bool:
    return bool(stray_marks(reading.row.answer))


def _not_a_question(reading: Reading) -> bool:
    return not is_request(reading.row.question, reading.language)


def _off_topic(reading: Reading) -> bool:
    if not spaced(reading.language):
        return False
    return overlap(reading.row.question, reading.plain) < reading.settings.min_overlap


def _repetitive(reading: Reading) -> bool:
    return repeats(reading.plain)


def _wrong_language(reading: Reading) -> bool:
    return foreign(reading.plain, reading.language)


def _personal_data(reading: Reading) -> bool:
    return holds_personal_data(f"{reading.row.question}\n{reading.plain}")


def _profanity(reading: Reading) -> bool:
    return is_profane(f"{reading.row.question}\n{reading.plain}")


def _unsupported(reading: Reading) -> bool:
    return reading.row.quote is None


def _foreign_terms(reading: Reading) -> bool:
    """A variant of the answer may have lost the terms that its source was flagged for."""
    return any(term.split(" ")[0] in reading.plain for term in reading.row.foreign_terms)


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
    "foreign_terms": _foreign_terms,
}
