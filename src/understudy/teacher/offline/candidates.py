"""Questions that a transcript's own sentences can be turned into, and where each is answered.

Every form takes its words from a sentence as they stand and moves at most an
auxiliary verb, so that the grammar is the speaker's own. Where that does not
work there is no question: fewer and good.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from understudy.teacher.offline.forms import question_made_of
from understudy.teacher.offline.phrases import Phrase, phrases_of
from understudy.teacher.offline.predicates import question_of_predicate
from understudy.teacher.offline.sentences import Sentence, torn
from understudy.teacher.offline.subjects import lower_first
from understudy.teacher.offline.topics import Topic, holds, is_plural, topics_of
from understudy.teacher.offline.words import Weights, stems
from understudy.text.wording import mentions_source

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
NARROWED = "What should you know about {x}?"
BARE = ("What makes {x} worth understanding?", NARROWED, "What is there to learn about {x}?")
LEADS_PER_TOPIC = 3
LEAST_NARROWED = 3
"""Content words of a noun phrase that can be asked about by itself."""

LEAST_NAME = 10
"""Characters of a topic of several words that is asked about by its bare name."""

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
        at_once = evidence[:1] == (sentence.at + 1,) and not torn(sentences[evidence[0]].text)
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
        statement = sentence.text.rstrip(".!…")
        made = question_made_of(statement, sentences) or question_of_predicate(statement, sentences)
        if made:
            question, worth = made
            evidence = following(sentences, sentence.at)
            yield Candidate(question, evidence, worth + weights.of_text(question))


def _topics(sentences: Sequence[Sentence], weights: Weights) -> Iterator[Candidate]:
    """Questions about the noun phrases of the sentences that speak of the talk's topics."""
    fit = [s for s in sentences if s.sound and not s.asks and not _NO_REFERENT.search(s.text)]
    topics = topics_of(sentences)[:MOST_TOPICS]
    told: set[int] = set()
    for rank, topic in enumerate((*topics, None)):
        about = _holding(fit, topic, weights)
        free = _whole_first([s for s in about if s.at not in told])
        asked = ((s, _phrase_question(s, topic, topics, sentences)) for s in free)
        most = LEADS_PER_TOPIC if topic else len(fit)
        for lead, question in islice(((s, q) for s, q in asked if q), most):
            told.add(lead.at)
            near = [at for at in following(sentences, lead.at)[1:3] if sentences[at].sound]
            far = [s.at for s in about if topic and s is not lead and s.at not in near][:3]
            worth = 0.5 + weights.of_text(question) / (1 + rank / 4)
            yield Candidate(question, (lead.at, *near, *sorted(far)), worth)


def _whole_first(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Those that open with a subject of their own first."""
    return sorted(sentences, key=lambda one: _LOOSE_START.search(one.text) is not None)


def _phrase_question(
    lead: Sentence, topic: Topic | None, topics: Sequence[Topic], sentences: Sequence[Sentence]
) -> str | None:
    """A question about two noun phrases of a sentence, or about one that is narrowed down."""
    keys = {one.key for one in topics}
    phrases = [one for one in phrases_of(lead.text) if not _runs_on(one.text, keys)]
    narrow = [one for one in phrases if one.content > 1]
    about = next((one for one in narrow if topic is None or holds(one.text, topic)), None)
    others = [one for one in phrases if one is not about and not (topic and holds(one.text, topic))]
    if about is not None:
        name = lower_first(about.text, sentences) if about.begin == 0 else about.text
    elif topic is not None and topic.specific:
        name = topic.name
    else:
        return None
    if about is not None and about.content >= LEAST_NARROWED:
        return NARROWED.format(x=name)
    if partner := _partner(lead, others, topic, topics):
        verb = "do" if is_plural(name) else "does"
        return f"What {verb} {name} have to do with {partner}?"
    long = topic is not None and " " in topic.key and len(topic.key) >= LEAST_NAME
    form = BARE[topics.index(topic) % len(BARE)] if topic and long else ""
    return form.format(x=name) or None


def _partner(
    lead: Sentence, phrases: Sequence[Phrase], topic: Topic | None, topics: Sequence[Topic]
) -> str | None:
    """The weightiest other noun phrase of a sentence, else another topic that it holds."""
    if phrases:
        return max(phrases, key=lambda one: (one.content, -one.begin)).text
    others = (one for one in topics if topic and one != topic and one.specific)
    return next((one.name for one in others if holds(lead.text, one)), None)


def _runs_on(phrase: str, keys: set[str]) -> bool:
    """Whether a phrase is one of the topics with one more word at its end: its verb, mostly."""
    words = [word for word in phrase.lower().split() if word not in ("a", "an", "the")]
    return len(words) > 1 and " ".join(words[:-1]) in keys


def _holding(
    sentences: Sequence[Sentence], topic: Topic | None, weights: Weights
) -> list[Sentence]:
    """Sentences that hold a topic, or all: those that open with it first, then the most salient."""
    found = [
        s
        for s in sentences
        if (topic is None or holds(s.text, topic)) and 7 <= len(s.text.split()) <= 34
    ]

    def rank(sentence: Sentence) -> tuple[float, int]:
        opens = topic is not None and topic.key in " ".join(sentence.text.lower().split()[:6])
        return -weights.of_text(sentence.text) - 0.4 * opens, sentence.at

    return sorted(found, key=rank)
