"""Questions made of a statement: why, what if, what is, what it takes.

Each form moves at most an auxiliary verb. Where a statement fits none of them
without doubt there is no question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from understudy.teacher.offline.sentences import Sentence
from understudy.teacher.offline.subjects import LINKS, lower_first, names_something
from understudy.teacher.offline.words import is_content

_PIVOT = r"(?:is|are|was|were|can|could|should|would|will|must)"
_CONDITION = re.compile(
    r"^(?P<word>if|when) (?P<clause>(?:you|we|people|a|an|the|your|most|many|\w+s)\b[^,;:?]+?)"
    r"(?:,(?: then)?| then) (?P<main>[^?]+)$",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"^(?:you|we) (?:need to|have to|should|must|can|want to|ought to|better)\b|^(?:don't|do not|never"
    r"|always|make sure|try|start|stop|ask|tell|use|put|give|take|keep|look|write|build)\b",
    re.IGNORECASE,
)
_BECAUSE = re.compile(
    r"^(?P<clause>[^,;:?]+?),? because (?!of\b)(?P<reason>[^?]{12,})$", re.IGNORECASE
)
_COPULA = re.compile(
    r"^(?P<subject>[^,;:?]+?) (?P<verb>is|are) (?P<rest>(?:(?:really|basically|actually|simply|just"
    r"|essentially|not) )?(?:a|an|the|about|that|when|where|how|what|one of|to)\b[^?]*)$"
)
_PURPOSE = re.compile(
    r"^(?:in order )?to (?P<aim>[^,;:?]+?),? (?P<who>you|we|people|teams|companies)"
    r" (?:need|have|want|will have|are going to have|must|should)\b[^?]*$",
    re.IGNORECASE,
)
_PERSONS = frozenset({"you", "we", "people", "nobody", "everybody"})
_ARTICLES = frozenset({"the", "a", "an", "your", "most", "many", "some"})
_OPEN_END = re.compile(
    r"(?:\b(?:a|an|the|and|or|but|not|just|to|of|for|with|in|on|at|as|by|from|that|which|who|is|are"
    r"|was|be|been|your|their|his|than|so|very|really|because|if|when|we|you|i|\d+)|[,;:-])\?$",
    re.IGNORECASE,
)
_THINKING = re.compile(
    r"\b(?:think|look|talk|read|hear|listen|see|notice|ask|remember|compare|wonder|scroll|watch)"
    r"(?:ing)?\b|^(?:we|you|people) (?:as|and|or)\b",
    re.IGNORECASE,
)


def question_made_of(statement: str, sentences: Sequence[Sentence]) -> tuple[str, float] | None:
    """Turn a statement into the question that it answers.

    Args:
        statement: Without its full stop.
        sentences: The whole talk: it shows which capitals belong to names.

    Returns:
        The question and how much its form is worth, or None where no form fits.
    """
    for make, worth in ((_why, 2.2), (_condition, 2.0), (_definition, 2.0), (_purpose, 1.9)):
        question = make(statement, sentences)
        if question and not _OPEN_END.search(question):
            return question, worth
    return None


def _why(body: str, sentences: Sequence[Sentence]) -> str | None:
    """`X is Y because Z` asks `Why is X Y?`; other verbs keep their order."""
    match = _BECAUSE.search(body)
    if match is None or not 3 <= len(match["clause"].split()) <= 16:
        return None
    words = lower_first(match["clause"], sentences).split()
    for at in range(1, min(5, len(words) - 1)):
        if words[at] in LINKS - {"is", "are", "was"}:
            break
        if re.fullmatch(_PIVOT, words[at]) and _is_subject(words[:at]):
            return f"Why {words[at]} {' '.join(words[:at] + words[at + 1 :])}?"
    if len(words) < 4 or not _is_subject(words[:1] if words[0] in _PERSONS else words[:2]):
        return None
    return f"Why is it that {' '.join(words)}?"


def _condition(body: str, sentences: Sequence[Sentence]) -> str | None:
    """`If X, Y` asks what happens or what to do if X."""
    match = _CONDITION.search(body)
    if match is None or not 3 <= len(match["clause"].split()) <= 15:
        return None
    if _THINKING.search(match["clause"]) or " and you " in match["clause"]:
        return None
    if len(match["main"].split()) < 4 or re.match(
        r"(?:i|i'm|i'd|what|why|how)\b", match["main"], re.IGNORECASE
    ):
        return None
    opening = "What should you do" if _ADVICE.search(match["main"]) else "What happens"
    return f"{opening} {match['word'].lower()} {lower_first(match['clause'], sentences)}?"


def _is_subject(words: Sequence[str]) -> bool:
    """Whether words can be the subject of a verb right after them."""
    lowers = [word.lower() for word in words]
    if lowers[0] in _PERSONS:
        return len(lowers) == 1
    plain = lowers[1:] if lowers[0] in _ARTICLES else lowers
    return bool(plain) and all(is_content(word) and "'" not in word for word in plain)


def _definition(body: str, sentences: Sequence[Sentence]) -> str | None:
    """`X is a Y` asks what X is."""
    match = _COPULA.search(body)
    if match is None or len(match["rest"].split()) < 4:
        return None
    words = match["subject"].split()
    if not 1 <= len(words) <= 7 or not names_something(words):
        return None
    head = re.split(r" (?:of|for|in|with|between|behind) ", match["subject"])[0]
    if match["verb"] == "is" and re.search(r"[^sui]s$", head):
        return None
    return f"What {match['verb']} {lower_first(match['subject'], sentences)}?"


def _purpose(body: str, _: Sequence[Sentence]) -> str | None:
    """`To X, you need Y` asks what it takes to X."""
    match = _PURPOSE.search(body)
    if match is None or not 2 <= len(match["aim"].split()) <= 12:
        return None
    return f"What does one need to do to {match['aim']}?"
