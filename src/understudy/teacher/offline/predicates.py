"""Questions that keep a statement's own predicate: what does it, what it takes, whether it is so.

Nothing here parses. A verb is one of a closed list right after a subject that names something,
and the question keeps the words around it in their order, so that two questions differ as
much as the sentences they come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from understudy.teacher.offline.sentences import Sentence
from understudy.teacher.offline.subjects import lower_first, names_something
from understudy.teacher.offline.topics import is_nominal
from understudy.teacher.offline.words import is_content, stems

LEAST_CONTENT = 3
"""Content words that a question carries of its sentence; with fewer it could be asked of any talk."""

LONGEST_QUESTION = 18
_MODALS = frozenset({"can", "could", "should", "will", "would", "must"})
_BE = frozenset({"is", "are", "was", "were"})
_PEOPLE = frozenset({"you", "we", "people", "companies", "teams"})
_BASES = frozenset(
    """
    affect allow announce appeal argue arrive attract beat become break build carry cause
    change choose collaborate compete control cost create define deliver demand depend
    determine dominate drive enable expand explain face fail focus force generate handle help
    hire improve include increase integrate keep launch lead learn limit lose make manage
    need offer outperform own pay predict produce protect provide reduce release replace
    represent require save scale shape ship show simulate solve specialize struggle support
    survive teach train transform trust understand win work
    """.split()  # noqa: SIM905  (a word list)
)
_IRREGULAR = frozenset(
    """
    beat became bought broke brought built chose cost drove had held kept launched led lost
    made meant met paid ran said sent sold taught threw took trained won wrote
    """.split()  # noqa: SIM905  (a word list)
)
_THIRD = {
    "carries" if one == "carry" else one + ("es" if one.endswith("ch") else "s"): one
    for one in _BASES
}
_PAST = _IRREGULAR | {one + ("d" if one.endswith("e") else "ed") for one in _BASES}
_NO_OBJECT = frozenset({"to", "for", "from", "you", "us", "me", "it", "them", "people"})
_TAIL = re.compile(r" (?:to|when|if|in order to|before|after|without|from|for) .*$")
_CLAUSE_END = re.compile(
    r"(?:[,;:]| (?=but|so)) (?:which|but|so|and (?:you|we|it|that|they|I|there)|because|since|while"
    r"|although|even|especially|not|as|that's)\b.*$| (?:because|and (?:you|we|it|that|they|I)) .*$"
)
_LATE_CONDITION = re.compile(
    r"^(?P<main>[^,;:?]{12,}?),? (?P<word>if|when) (?P<clause>(?:you|we|people|a|an|the|your|most"
    r"|many) [^,;:?]+)$",
    re.IGNORECASE,
)
_LATE_ADVICE = re.compile(
    r"^(?:you|we) (?:need to|have to|should|must|can|want to|ought to)\b|^(?:don't|never|always"
    r"|make sure|start|stop|ask|use|keep|write|build)\b",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"^(?P<who>you|we|people|teams|companies) (?P<modal>can |should |could )?(?P<what>[a-z]+ [^,;:?]+?)"
    r" by (?P<how>\w+ing\b.*)$",
    re.IGNORECASE,
)
_NEED = re.compile(
    r"^(?P<who>you|we|people|teams|companies) need (?!to\b)(?P<what>[^,;:?]+?)"
    r" (?P<aim>(?:in order )?to \w+ [^,;:?]+)$",
    re.IGNORECASE,
)


def question_of_predicate(
    statement: str, sentences: Sequence[Sentence]
) -> tuple[str, float] | None:
    """Turn a statement into a question that carries its predicate.

    Args:
        statement: Without its full stop.
        sentences: The whole talk: it shows which capitals belong to names.

    Returns:
        The question and how much its form is worth, or None where no form fits.
    """
    for make, worth in _FORMS:
        question = make(statement, sentences)
        if question and _carries_enough(question):
            return question, worth
    return None


def _late_condition(statement: str, _: Sequence[Sentence]) -> str | None:
    """`You should Y when X` asks what to do when X."""
    match = _LATE_CONDITION.search(statement)
    if match is None or len(match["clause"].split()) < 4 or not _LATE_ADVICE.search(match["main"]):
        return None
    return f"What should you do {match['word'].lower()} {match['clause']}?"


def _means(statement: str, _: Sequence[Sentence]) -> str | None:
    """`You X by doing Y` asks how you X."""
    match = _MEANS.search(statement)
    if match is None or (match["what"].split()[0] not in _BASES and not match["modal"]):
        return None
    return f"How {(match['modal'] or 'do').strip()} {match['who'].lower()} {match['what']}?"


def _need(statement: str, _: Sequence[Sentence]) -> str | None:
    """`You need Y to X` asks what you need to X."""
    match = _NEED.search(statement)
    return f"What do {match['who'].lower()} need {match['aim']}?" if match else None


def _subject(statement: str, sentences: Sequence[Sentence]) -> str | None:
    """`X reduces the cost of Y` asks what reduces the cost of Y."""
    words = _shortened(statement).split()
    at = _verb_at(words)
    if at is None or words[0].lower() in _PEOPLE or words[at] in _BE or words[at] in _BASES:
        return None
    modal = words[at] in _MODALS
    if modal and (len(words) < at + 2 or words[at + 1] not in _BASES):
        return None
    name = lower_first(words[0], sentences)[0].isupper() and not words[0].isupper()
    return f"{'Who' if name else 'What'} {' '.join(words[at:])}?"


def _object(statement: str, sentences: Sequence[Sentence]) -> str | None:
    """`X need Y to Z` asks what X need to Z."""
    short = _shortened(statement)
    words = short.split()
    at = _verb_at(words)
    if at is None or words[at] in _MODALS | _BE | _PAST or words[0].lower() in _PEOPLE:
        return None
    rest = " ".join(words[at + 1 :])
    tail = _TAIL.search(rest)
    if tail is None or rest.split()[0] in _NO_OBJECT or len(tail[0].split()) < 3:
        return None
    base = _THIRD.get(words[at], words[at])
    do = "does" if words[at] in _THIRD else "do"
    subject = lower_first(" ".join(words[:at]), sentences)
    return f"What {do} {subject} {base}{tail[0]}?"


def _whether(statement: str, sentences: Sequence[Sentence]) -> str | None:
    """`X should Y` asks whether X should Y."""
    words = _shortened(statement).split()
    at = _verb_at(words)
    if at is None or words[at] not in _MODALS | _BE:
        return None
    subject = lower_first(" ".join(words[:at]), sentences)
    rest = words[at + 2 :] if words[at + 1] == "not" else words[at + 1 :]
    question = f"{words[at].capitalize()} {subject} {' '.join(rest)}?"
    return question if len(set(stems(question))) > LEAST_CONTENT else None


_FORMS: tuple[tuple[Callable[[str, Sequence[Sentence]], str | None], float], ...] = (
    (_late_condition, 1.9),
    (_means, 1.9),
    (_need, 1.9),
    (_object, 1.7),
    (_subject, 1.6),
    (_whether, 1.1),
)


def _verb_at(words: Sequence[str]) -> int | None:
    """Where the verb stands after a subject that names something."""
    verbs = _MODALS | _BE | _BASES | _PAST | _THIRD.keys()
    at = next((at for at in range(1, min(7, len(words) - 2)) if words[at] in verbs), None)
    if at is None or words[at + 1] in _MODALS | _BE:
        return None
    subject = list(words[:at])
    person = at == 1 and subject[0].lower() in _PEOPLE
    plural = subject[-1].endswith("s") or person
    free = words[at] in _MODALS | _PAST
    agrees = free or (words[at] in _BASES or words[at] in {"are", "were"}) == plural
    compound = at > 2 and subject[0].lower() == "the" and all(map(is_nominal, subject[1:]))
    return at if agrees and (person or compound or names_something(subject)) else None


def _shortened(statement: str) -> str:
    """The first clause, where it can stand for the whole."""
    short = _CLAUSE_END.sub("", statement)
    return short if len(short.split()) >= 5 and not re.search("[,;:]", short) else ""


def _carries_enough(question: str) -> bool:
    words = question.rstrip("?").split()
    return (
        len(words) <= LONGEST_QUESTION
        and len(set(stems(question))) >= LEAST_CONTENT
        and is_content(words[-1])
    )
