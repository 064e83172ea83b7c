"""A teacher that needs no key: questions and answers made of a transcript's own sentences.

It invents nothing. Questions are the ones the speaker asks and answers, or
sentences turned into one; answers are the sentences that follow, in the form of
the paid teacher's answers: a bold lead, a paragraph, a list where one is told.
What it cannot do is choose well and put things in other words: its rows say
`offline`, so that nobody takes them for more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from understudy.records import Dropped, Question, Transcript
from understudy.settings import AnswerSettings, ChannelSettings
from understudy.teacher.offline.answers import compose, evidence_for
from understudy.teacher.offline.candidates import Candidate, candidates_of
from understudy.teacher.offline.sentences import Sentence, sentences_of
from understudy.teacher.offline.words import Weights
from understudy.teacher.protocol import AnswerDrafts, DraftAnswer, DraftQuestion, QuestionDrafts
from understudy.text.wording import mentions_source

VERSION = "2"
NEAR_COPY = 78.0
"""rapidfuzz ratio above which two questions of one talk are too alike to ask both."""


class OfflineTeacher:
    """The extractor behind the interface of every teacher."""

    name = "offline"

    def __init__(self, channel: ChannelSettings, answers: AnswerSettings) -> None:
        self._speaker = channel.speaker
        self._answers = answers

    @property
    def fingerprint(self) -> Mapping[str, str]:
        return {"kind": "offline", "version": VERSION}

    async def write_questions(self, transcript: Transcript, *, count: int) -> QuestionDrafts:
        """Draft up to `count` questions; a thin talk gives fewer, and they are accounted for."""
        drafts = draft_questions(transcript, count=count, speaker=self._speaker)
        absent = Dropped(id=transcript.video_id, reason="missing")
        return QuestionDrafts(drafts=drafts, dropped=(absent,) * (count - len(drafts)))

    async def write_answers(
        self, transcript: Transcript, questions: Sequence[Question]
    ) -> AnswerDrafts:
        """Draft an answer to each question that the transcript has sentences for."""
        drafts = tuple(
            draft
            for draft in draft_answers(transcript, questions, max_chars=self._answers.max_chars)
            if not mentions_source(draft.answer, speaker=self._speaker)
        )
        answered = {draft.id for draft in drafts}
        dropped = tuple(
            Dropped(id=question.id, reason="missing", text=question.question)
            for question in questions
            if question.id not in answered
        )
        return AnswerDrafts(drafts=drafts, dropped=dropped)


def draft_questions(
    transcript: Transcript, *, count: int, speaker: str = ""
) -> tuple[DraftQuestion, ...]:
    """Make at most `count` questions that the transcript answers, in the order of its answers.

    Args:
        speaker: Full name; questions that name the speaker are left out.
    """
    sentences = sentences_of(transcript.text, title=transcript.title)
    found = [
        candidate
        for candidate in candidates_of(sentences)
        if not mentions_source(candidate.question, speaker=speaker)
        and not mentions_source(compose(candidate.evidence, sentences).text, speaker=speaker)
    ]
    chosen = _choose(found, count)
    return tuple(DraftQuestion(question=candidate.question) for candidate in chosen)


def draft_answers(
    transcript: Transcript, questions: Sequence[Question], *, max_chars: int = 3000
) -> tuple[DraftAnswer, ...]:
    """Answer each question from the sentences that answer it best.

    A question of our own is answered where it was found; any other one, such as an imported
    question, by the stretch of the transcript that shares most of its content words. A question
    that shares none gets no answer.
    """
    sentences = sentences_of(transcript.text, title=transcript.title)
    known = {candidate.question: candidate.evidence for candidate in candidates_of(sentences)}
    weights = Weights.of(sentences)
    drafts: list[DraftAnswer] = []
    for question in questions:
        evidence = known.get(question.question) or evidence_for(question.question, sentences)
        if evidence:
            drafts.append(_draft(question, evidence, sentences, weights, max_chars))
    return tuple(drafts)


def _draft(
    question: Question,
    evidence: tuple[int, ...],
    sentences: Sequence[Sentence],
    weights: Weights,
    max_chars: int,
) -> DraftAnswer:
    composed = compose(evidence, sentences, max_chars=max_chars)
    return DraftAnswer(
        id=question.id,
        answer=composed.text,
        quote=composed.quote,
        tags=weights.tags(question.question, composed.lead),
    )


def _choose(candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """The best ones that neither resemble each other nor open their answers alike."""
    chosen: list[Candidate] = []
    leads: set[int] = set()
    for candidate in sorted(candidates, key=lambda one: (-one.worth, one.evidence[0])):
        if len(chosen) == count:
            break
        if candidate.evidence[0] in leads or _resembles(candidate, chosen):
            continue
        leads.add(candidate.evidence[0])
        chosen.append(candidate)
    return sorted(chosen, key=lambda one: one.evidence[0])


def _resembles(candidate: Candidate, others: Sequence[Candidate]) -> bool:
    question = candidate.question.casefold()
    return any(fuzz.ratio(question, other.question.casefold()) > NEAR_COPY for other in others)
