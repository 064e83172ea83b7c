"""Questions that a transcript's own sentences can be turned into, and where each is answered.

Every form takes its words from a sentence as they stand and moves at most an
auxiliary verb, so that the grammar is the speaker's own. Where that does not
work there is no question: fewer and good.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.teacher.offline_sentences import Sentence
from understudy.teacher.offline_topics import Topic, holds, topics_of
from understudy.teacher.offline_words import Weights, is_content, stems, words_of
from understudy.wording import mentions_source

MIN_WORDS, MAX_WORDS = 3, 22
REACH = 9
"""Sentences after a question that may belong to its answer."""

_WH = r"(?:what|why|how|when|where|which|who|whose)"
_AUX = r"(?:is|are|was|were|do|does|did|can|could|should|would|will|must|may|might|has|have|had)"
_PIVOT = r"(?:is|are|was|were|can|could|should|would|will|must)"
_ASKING = re.compile(rf"^(?:(?:at|by|for|in|from|to|of|with|on) )?{_WH}\b|^{_AUX}\b", re.IGNORECASE)
_ASKED_UNMARKED = re.compile(rf"^(?:why|how|what) {_AUX} \w+", re.IGNORECASE)
_UNBOUND = re.compile(
    r"\b(?:it|it's|its|this|they|they're|them|these|those|he|he's|him|she's|i|i'm|i've|i'll|i'd|me"
    r"|my|mine|our|ours|we've|let's|here|such|thing|things|y'all|guys|folks|next one|else|not just"
    r"|the (?:question|point|idea|thing|example|answer|same|other|result|issue|latter|former))\b"
    r"|\b(?:is|was|does|do|did|of|about|for|to|with|on|like|why|how|doing|by|at|from|in|mean)"
    r" that\b(?! (?:a|an|the|you|we|people|some|most|many|all)\b)"
    r"|\bthat\?|\bthat's\b|\b(?:too|either|though|right)\?$|\bthat (?:mean|matter|work|look)s?\b",
    re.IGNORECASE,
)
_LOOSE_START = re.compile(
    r"^(?:it|it's|this|that|that's|they|they're|these|those|he|he's|she|she's|which|who|because|or"
    r"|him|her|his|their|them|there|there's|here|here's|such|i|i'm|i've|i'd|i'll|my|me|let|let's"
    r"|is|are|was|were|has|have|had|can|could|would|will|to|of|that|less|more|than|does|do|did"
    r"|another|other|either|neither|both|same|one|like|than|if not|instead|similarly|finally)\b",
    re.IGNORECASE,
)
_NO_REFERENT = re.compile(
    r"^(?:it|it's|this|that|that's|they|they're|these|those|he|she|which|who|him|her|his|their|them"
    r"|here|here's|such|is|are|was|were|has|have|had|can|could|would|will|to|of|than|like|or)\b",
    re.IGNORECASE,
)
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
_RELATIVE = frozenset(
    """
    and are because but if is or that to was what when where which who
    """.split()  # noqa: SIM905  (a word list)
)
_NOT_A_NOUN = frozenset(
    """
    all another answer anything everybody everyone everything first goal here idea issue it
    key last less lot more most next nobody nothing one other part point problem question
    reason rest result same second someone something that there thing third this way what
    which who
    """.split()  # noqa: SIM905  (a word list)
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
_TOPIC_FORMS = (
    "What should you know about {x}?",
    "What is there to understand about {x}?",
    "Where {verb} {x} come in?",
    "What is worth remembering about {x}?",
    "Why is it worth looking closely at {x}?",
)
_PAIR_FORM = "How are {x} and {y} connected?"
MOST_TOPICS = 24


@dataclass(frozen=True)
class Candidate:
    """A question and the sentences that answer it."""

    question: str
    evidence: tuple[int, ...]
    """Positions of sentences: the first is the lead."""
    worth: float
    """Higher is better: the kind of question, and the salience of what it is about."""


def candidates_of(sentences: Sequence[Sentence]) -> tuple[Candidate, ...]:
    """All questions that can be made, in the order in which the talk answers them."""
    weights = Weights.of(sentences)
    found = [
        *_asked(sentences, weights),
        *_made(sentences, weights),
        *_topics(sentences, weights),
    ]
    fit = [candidate for candidate in found if stands_alone(candidate.question)]
    return tuple(sorted(fit, key=lambda one: (one.evidence[0], -one.worth, one.question)))


def stands_alone(question: str) -> bool:
    """Whether a stranger understands the question, as far as its words can tell."""
    words = question.split()
    return (
        MIN_WORDS <= len(words) <= MAX_WORDS
        and question.endswith("?")
        and question.count("?") == 1
        and _ASKING.search(question) is not None
        and _UNBOUND.search(question.replace("is it worth", "").replace("is it that", "")) is None
        and len(set(stems(question))) >= 1
        and not mentions_source(question)
    )


def following(sentences: Sequence[Sentence], at: int) -> tuple[int, ...]:
    """The sentences from `at` on that answer one question: until the next one is asked."""
    found: list[int] = []
    for sentence in sentences[at : at + REACH]:
        if sentence.asks and found:
            break
        if sentence.text and not sentence.asks:
            found.append(sentence.at)
    return tuple(found)


def _asked(sentences: Sequence[Sentence], weights: Weights) -> Iterator[Candidate]:
    """Questions that the speaker asks and then answers."""
    for sentence in sentences[:-1]:
        question = _as_question(sentence)
        evidence = following(sentences, sentence.at + 1)
        at_once = evidence[:1] == (sentence.at + 1,)
        spoken = sum(len(sentences[at].text.split()) for at in evidence)
        if question and at_once and spoken >= 8:
            yield Candidate(question, evidence, 3 + weights.of_text(question))


def _as_question(sentence: Sentence) -> str | None:
    if sentence.asks:
        text = re.split(
            r"[,;:] (?=(?:why|how|what|when|where|is|are|do|does|can)\b)", sentence.text
        )[-1]
        return text[0].upper() + text[1:]
    if sentence.raw[-1] not in ".!" and sentence.sound and _ASKED_UNMARKED.search(sentence.text):
        return sentence.text.rstrip(".") + "?"
    return None


def _made(sentences: Sequence[Sentence], weights: Weights) -> Iterator[Candidate]:
    """Questions made from a sentence that answers them."""
    for sentence in sentences:
        if not sentence.sound or sentence.asks or _LOOSE_START.search(sentence.text):
            continue
        body = sentence.text.rstrip(".!…")
        for make, worth in ((_why, 2.2), (_condition, 2.0), (_definition, 2.0), (_purpose, 1.9)):
            question = make(body, sentences)
            if question and not _OPEN_END.search(question):
                evidence = following(sentences, sentence.at)
                yield Candidate(question, evidence, worth + weights.of_text(question))
                break


def _why(body: str, sentences: Sequence[Sentence]) -> str | None:
    """`X is Y because Z` asks `Why is X Y?`; other verbs keep their order."""
    match = _BECAUSE.search(body)
    if match is None or not 3 <= len(match["clause"].split()) <= 16:
        return None
    words = _lower_first(match["clause"], sentences).split()
    for at in range(1, min(5, len(words) - 1)):
        if words[at] in _RELATIVE - {"is", "are", "was"}:
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
    return f"{opening} {match['word'].lower()} {_lower_first(match['clause'], sentences)}?"


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
    if not 1 <= len(words) <= 7 or not _names_something(words):
        return None
    return f"What {match['verb']} {_lower_first(match['subject'], sentences)}?"


def _purpose(body: str, _: Sequence[Sentence]) -> str | None:
    """`To X, you need Y` asks what it takes to X."""
    match = _PURPOSE.search(body)
    if match is None or not 2 <= len(match["aim"].split()) <= 12:
        return None
    return f"What does one need to do to {match['aim']}?"


def _names_something(words: list[str]) -> bool:
    """Whether a subject is a noun phrase that means the same without its context."""
    lowers = [word.lower() for word in words]
    content = [word for word in lowers if is_content(word)]
    plain = lowers[1:] if lowers[0] in {"the", "a", "an", "your", "every"} else lowers
    linked = any(word in {"of", "for", "in", "with", "between", "behind"} for word in plain[1:-1])
    if lowers[0] == "the" and not linked:
        return False
    if any(word in _RELATIVE or word.endswith(("ly", "ing")) or "'" in word for word in plain[1:]):
        return False
    return (
        bool(content)
        and bool(plain)
        and plain[0] not in _NOT_A_NOUN
        and (linked or all(is_content(word) for word in plain))
    )


def _topics(sentences: Sequence[Sentence], weights: Weights) -> Iterator[Candidate]:
    """Plain questions about what the talk comes back to, answered by its own sentences."""
    fit = [s for s in sentences if s.sound and not s.asks]
    topics = topics_of(sentences)[:MOST_TOPICS]
    told: set[int] = set()
    for rank, topic in enumerate(topics):
        about = _holding(fit, topic, weights)
        free = [s for s in about if s.at not in told and not _NO_REFERENT.search(s.text)]
        lead = next((s for s in free if not _LOOSE_START.search(s.text)), free[0] if free else None)
        if lead is None:
            continue
        partner = _partner(topic, lead, topics[rank + 1 :])
        verb = "do" if topic.plural else "does"
        form = _PAIR_FORM if partner else _TOPIC_FORMS[len(told) % len(_TOPIC_FORMS)]
        question = form.format(x=topic.name, y=partner.name if partner else "", verb=verb)
        told.add(lead.at)
        near = [at for at in following(sentences, lead.at)[1:3] if sentences[at].sound]
        far = [s.at for s in about if s is not lead and s.at not in near][:3]
        worth = 0.5 + weights.of_text(topic.name) / (1 + rank / 4)
        yield Candidate(question, (lead.at, *near, *sorted(far)), worth)


def _partner(topic: Topic, lead: Sentence, others: Sequence[Topic]) -> Topic | None:
    """Another weighty topic of the same sentence, where both are more than a common word."""
    if not topic.specific:
        return None
    return next((one for one in others if one.specific and holds(lead.text, one)), None)


def _holding(sentences: Sequence[Sentence], topic: Topic, weights: Weights) -> list[Sentence]:
    """Sentences that hold a topic: those that open with it first, then the most salient."""
    found = [s for s in sentences if holds(s.text, topic) and 7 <= len(s.text.split()) <= 34]

    def rank(sentence: Sentence) -> tuple[float, int]:
        opens = topic.key in " ".join(sentence.text.lower().split()[:6])
        return -weights.of_text(sentence.text) - 0.4 * opens, sentence.at

    return sorted(found, key=rank)


def _lower_first(text: str, sentences: Sequence[Sentence]) -> str:
    """Take the capital off the first word unless the talk writes it inside sentences too."""
    first, _, rest = text.partition(" ")
    if not is_content(first) and not re.fullmatch(r"I|I'\w+", first):
        return f"{first.lower()} {rest}".strip()
    inside = {word for s in sentences for word in words_of(s.text)[1:]}
    if first in inside or (len(first) > 1 and not first[1:].islower()):
        return text
    return f"{first.lower()} {rest}".strip()
