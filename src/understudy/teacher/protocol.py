"""What every teacher offers, whether it is a paid model or the offline extractor.

A teacher returns drafts. The rules of content, the ids and the accounting are
the same for all of them and live in `understudy.questions` and
`understudy.answers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from understudy.records import Dropped, Question, Record, Transcript


class DraftQuestion(Record):
    """A question as the teacher wrote it."""

    question: str
    start: float | None = None
    """Seconds: where the stretch begins that the teacher was shown; null for the whole talk."""
    end: float | None = None


class DraftAnswer(Record):
    """An answer as the teacher wrote it."""

    id: str
    """Of the question it answers: echoed by the teacher, compared with what was asked."""
    answer: str
    quote: str
    """Words of the transcript that support it, as the teacher copied them."""
    tags: tuple[str, ...] = ()


class QuestionDrafts(Record):
    """Pass 1 of one video."""

    drafts: tuple[DraftQuestion, ...]
    dropped: tuple[Dropped, ...] = ()
    """What the teacher could not deliver, with its reason."""


class AnswerDrafts(Record):
    """Pass 2 of one video."""

    drafts: tuple[DraftAnswer, ...]
    dropped: tuple[Dropped, ...] = ()


class Teacher(Protocol):
    """Writes questions about a transcript and answers to them."""

    @property
    def name(self) -> str:
        """`offline` or the model: what `generator` says in each row."""
        ...

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """What determines its replies beside the transcript: model, prompts' digests, version."""
        ...

    async def write_questions(self, transcript: Transcript, *, count: int) -> QuestionDrafts:
        """Draft `count` questions that the transcript answers."""
        ...

    async def write_answers(
        self, transcript: Transcript, questions: Sequence[Question]
    ) -> AnswerDrafts:
        """Draft an answer to each question from the transcript alone."""
        ...
