"""How long an answer to a question may be: a number takes a line, a reason takes a paragraph."""

from __future__ import annotations

import re

from understudy.text.language import base

OPEN_LEAST = 1.5
"""An explanation has at least so many times the characters that any answer needs."""
CLOSED_MOST = 0.5
"""An answer to a question for one fact has at most this share of what any answer may have."""

_FACT = re.compile(
    r"^(?:[\w\s,'’-]{0,60},\s+)?(?:(?:by|at|in|for|to|of|on)\s+)?"
    r"(?:how\s+(?:much|many|long|often|far|old|fast|big|tall|high|deep|heavy|late|early|common\w*)"
    r"|what\s+(?:percentage|percent|share|proportion|number|year|time|age|temperature|amount|dose)"
    r"|what\s+(?:is|was)\s+the\s+(?:name|year|number|percentage)"
    r"|when|where|who|whom|whose|which)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"^(?:[\w\s,'’-]{0,60},\s+)?(?:why|how|explain|describe|compare|what\s+happens|what\s+makes"
    r"|what\s+causes|what(?:'s|\s+is)\s+the\s+difference|what\s+are\s+the\s+differences)\b",
    re.IGNORECASE,
)
_TWOFOLD = re.compile(r"\b(?:and|or)\s+(?:why|how|what|which|when|where|who)\b", re.IGNORECASE)


def limits_for(question: str, *, least: int, most: int, language: str) -> tuple[int, int]:
    """The fewest and most characters of an answer to a question.

    Args:
        least: Of any answer; an explanation (`why`, `how`, `what happens`) takes `OPEN_LEAST` times
            as many.
        most: Of any answer; one fact (`how many`, `when`, `who`) takes at most `CLOSED_MOST` of it,
            unless the question asks for a second thing.
        language: BCP 47. Questions are told apart in English; of others the bare limits hold.
    """
    if base(language) != "en":
        return least, most
    if _FACT.search(question):
        return least, most if _TWOFOLD.search(question) else round(CLOSED_MOST * most)
    return (round(OPEN_LEAST * least), most) if _OPEN.search(question) else (least, most)
