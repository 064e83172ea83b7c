"""Which of two answers a judge prefers, asked in both orders.

A judge model changes its mind with the order in about a third of the pairs. So each pair is shown
twice, and only an answer that is preferred in both places has won.

Source:
    Zheng et al., "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena" (NeurIPS 2023,
    arXiv:2306.05685), section on position bias, conservative approach; and its reference-guided
    judging.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from understudy.records import Record, RowId, VideoId

Side = Literal["base", "tuned"]
SIDES: tuple[Side, ...] = ("base", "tuned")
Choice = Side | Literal["same"]


class Pair(Record):
    """One held-out question with what base and tuned model answered."""

    id: RowId
    video_id: VideoId
    question: str
    reference: str
    base: str
    """Untrusted model output, as `tuned`."""
    tuned: str

    def answer(self, side: Side) -> str:
        return self.base if side == "base" else self.tuned


class Judgement(Record):
    """What a judge said of one pair, in either order."""

    id: RowId
    judge: str
    """The model's name; empty where both answers are the same and nobody was asked."""
    base_first: Choice
    tuned_first: Choice
    why: tuple[str, str] = ("", "")
    """In the judge's words, of `base_first` and `tuned_first`; untrusted."""

    @property
    def preferred(self) -> Choice:
        """The answer that was preferred in both orders; a disagreement is a tie."""
        return self.base_first if self.base_first == self.tuned_first else "same"


class Judge(Protocol):
    """Compares answers."""

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """What determines its judgements beside the pairs."""
        ...

    async def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement, ...]:
        """Compare the answers of each pair; a pair of which nothing usable was said is left out."""
        ...
