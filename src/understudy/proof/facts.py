"""The raw lines joined by question: everything that was observed about each."""

from __future__ import annotations

from math import isfinite

from understudy.chat import ChatRow
from understudy.errors import EvaluationError
from understudy.proof.briefing import briefed
from understudy.proof.grounding import Talks
from understudy.proof.inputs import Inputs
from understudy.proof.plan import swapped
from understudy.proof.records import ARM_NAMES, ARMS, Arm, ArmFacts, QuestionFacts
from understudy.records import Evidence as Spoken
from understudy.records import watch_url


def gather(inputs: Inputs) -> tuple[list[QuestionFacts], list[QuestionFacts]]:
    """Join the raw lines by question: the held-out ones, and the general ones.

    Raises:
        EvaluationError: A row was not scored.
    """
    lines = _Lines(inputs)
    asked, general_asked = (
        {row.id for row in rows} for rows in (lines.agenda.asked, lines.agenda.general_asked)
    )
    return (
        [lines.facts(row, answered=row.id in asked) for row in inputs.test],
        [
            lines.facts(row, answered=row.id in general_asked, general=True)
            for row in inputs.general
        ],
    )


class _Lines:
    """The raw lines by what they were made of."""

    def __init__(self, inputs: Inputs) -> None:
        self.agenda = inputs.agenda
        self._titles = inputs.titles
        self._transcripts = inputs.transcripts
        self._talks = Talks(inputs.transcripts)
        self._swapped = swapped(inputs.test)
        self._scores = {line.key: line for line in inputs.scores}
        self._answers = {line.key: line for line in inputs.generations}

    def facts(self, row: ChatRow, *, answered: bool, general: bool = False) -> QuestionFacts:
        """Everything that was observed about one question."""
        told = () if general else self.agenda.settings.arms
        frequencies = self._scores.get(self.agenda.unigram_key(row))
        return QuestionFacts(
            id=row.id,
            video_id=row.video_id,
            video_url=self._url(row.video_id),
            video_title=self._titles.get(row.video_id, row.video_id),
            question=row.question,
            reference=row.reference,
            unigram_loss=frequencies.loss if frequencies else None,
            base=self._arm(row, "base", answered=answered),
            tuned=(tuned := self._arm(row, "tuned", answered=answered)),
            source=self._source(row.video_id, tuned.text),
            others={arm: self._arm(row, arm, answered=answered) for arm in told},
        )

    def _elsewhere(self, row: ChatRow, arm: Arm) -> float | None:
        moved = self._swapped.get(row.id)
        found = moved and self._scores.get(self.agenda.score_key(moved, arm))
        return found.loss if found and arm in ARMS and isfinite(found.loss) else None

    def _url(self, video: str) -> str | None:
        talk = self._transcripts.get(video)
        return None if talk is None or talk.origin == "local" else watch_url(video)

    def _source(self, video: str, text: str | None) -> Spoken | None:
        if text is None or video not in self._talks:
            return None
        return self._talks.support(text, video)

    def _arm(self, row: ChatRow, arm: Arm, *, answered: bool) -> ArmFacts:
        told = briefed(row, arm, self.agenda.briefing)
        scored = self._scores.get(self.agenda.score_key(told, arm))
        if scored is None:
            raise EvaluationError(f"{row.id} was not scored by {ARM_NAMES[arm]}: evaluate again")
        answer = self._answers.get(self.agenda.generation_key(told, arm)) if answered else None
        return ArmFacts(
            loss=scored.loss,
            tokens=scored.tokens,
            text=answer.text if answer else None,
            finish_reason=answer.finish_reason if answer else None,
            generated_tokens=answer.tokens if answer else None,
            elsewhere=self._elsewhere(row, arm),
        )
