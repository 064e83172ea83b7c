"""Questions that a transcript's own sentences can be turned into, and where each is answered.

Every form takes its words from a sentence as they stand and moves at most an
auxiliary verb, so that the grammar is the speaker's own. Where that does not
work there is no question: fewer and good.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.teacher.offline_forms import question_made_of
from understudy.teacher.offline_sentences import Sentence
from understudy.teacher.offline_topics import Topic, holds, topics_of
from understudy.teacher.offline_words import Weights, stems
from understudy.wording import mentions_source

MIN_WORDS, MAX_WORDS = 3, 22
REACH = 9
"""Sentences after a question that may belong to its answer."""

_WH = r"(?:what|why|how|when|where|which|who|whose)"
_AUX = r"(?:is|are|was|were|do|does|did|can|could|should|would|will|must|may|might|has|have|had)"
_ASKING = re.compile(rf"^(?:(?:at|by|for|in|from|to|of|with|on) )?{_WH}\b|^{_AUX}\b", re.IGNORECASE)
_ASKED_UNMARKED = re.compile(rf"^(?:why|how|what) {_AUX} \w+", re.IGNORECASE)
_UNBOUND = re.compile(
    r"\b(?:it|it's|its|this|they|they're|them|these|those|he|he's|him|she's|i|i'm|i've|i'll|i'd|me"
    r"|my|mine|our|ours|we've|let's|here|such|thing|things|y'all|guys|folks|next one|else|not just"
    r"|your thoughts?|the (?:age|ability|question|point|idea|thing|example|answer|same|other|result|issue|latter|former))\b"
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
        if made := question_made_of(sentence.text.rstrip(".!…"), sentences):
            question, worth = made
            evidence = following(sentences, sentence.at)
            yield Candidate(question, evidence, worth + weights.of_text(question))


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
