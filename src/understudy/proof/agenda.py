"""Which arm scores and answers which questions, in which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.artifacts import canonical_json
from understudy.chat import ChatRow
from understudy.proof.briefing import Briefing, briefed
from understudy.proof.lineup import Lineup
from understudy.proof.plan import (
    Models,
    generation_key,
    score_key,
    spread,
    swapped,
    unigram_key,
)
from understudy.proof.records import ARMS, Arm
from understudy.records import digest_of
from understudy.settings import EvaluateSettings


@dataclass(frozen=True)
class Stint:
    """What one arm has to do."""

    arm: Arm
    scored: tuple[ChatRow, ...]
    answered: tuple[ChatRow, ...]


@dataclass(frozen=True)
class Agenda:
    """One evaluation's questions and the keys of all lines it is made of."""

    test: tuple[ChatRow, ...]
    probe: tuple[ChatRow, ...]
    """Training rows that the base alone scores, after their own question and after another."""
    general: tuple[ChatRow, ...]
    lineup: Lineup
    """The training's canaries and what they are ranked among."""
    briefing: Briefing
    models: Models
    train_digest: str
    """SHA-256 of `train.jsonl`, which the token frequencies are taken from."""
    settings: EvaluateSettings

    @property
    def asked(self) -> tuple[ChatRow, ...]:
        """Held-out questions that every arm answers."""
        return spread(self.test, self.settings.max_questions)

    @property
    def general_asked(self) -> tuple[ChatRow, ...]:
        count = self.settings.general_answers
        return spread(self.general, count) if count else ()

    def stints(self) -> Iterator[Stint]:
        """One for each arm; the tuned model comes last, so that the adapter is put in once."""
        for arm in self.settings.arms:
            told = [[briefed(row, arm, self.briefing) for row in rows] for rows in self._held_out]
            yield Stint(arm, *map(tuple, told))
        for arm in ARMS:
            scored = (*self.test, *self.general, *swapped(self.test).values(), *self.lineup.rows)
            if arm == "base":
                scored += (*self.probe, *swapped(self.probe).values())
            yield Stint(arm, scored, self.asked + self.general_asked)

    @property
    def _held_out(self) -> tuple[Sequence[ChatRow], Sequence[ChatRow]]:
        return self.test, self.asked

    def keys(self) -> frozenset[str]:
        """Keys of all lines that this evaluation is made of."""
        found = {self.unigram_key(row) for row in self.test + self.general}
        for stint in self.stints():
            found |= {self.score_key(row, stint.arm) for row in stint.scored}
            found |= {self.generation_key(row, stint.arm) for row in stint.answered}
        return frozenset(found)

    def score_key(self, row: ChatRow, arm: Arm) -> str:
        return score_key(row, arm, self.models)

    def generation_key(self, row: ChatRow, arm: Arm) -> str:
        return generation_key(row, arm, self.models, max_tokens=self.settings.max_tokens)

    def unigram_key(self, row: ChatRow) -> str:
        """Of the frequency baseline: a general question's comes from the other general answers."""
        general = any(row.id == one.id for one in self.general)
        source = self._general_digest if general else self.train_digest
        return unigram_key(row, self.models, source)

    @property
    def _general_digest(self) -> str:
        return digest_of(canonical_json([row.messages for row in self.general]))
