"""What a measure is: a question's summands, and what becomes of their sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from understudy.proof.intervals import Statistic, ratio_of_sums
from understudy.proof.records import ArmFacts, QuestionFacts

Columns = Callable[[QuestionFacts, ArmFacts], tuple[float, ...]]


@dataclass(frozen=True)
class Definition:
    """How one measure is made from the questions.

    `columns` gives a question's summands for one arm; `statistic` turns their sums into the
    figure, for the arms separately.
    """

    title: str
    unit: str
    better: Literal["lower", "higher", "reference", "none"]
    columns: Columns
    statistic: Statistic = ratio_of_sums
    baseline: float | None = None
    baseline_is: str = ""
    reference: float | None = None
    prompted: bool = True
    """Whether the prompted arms have this figure, too."""


def text_of(arm: ArmFacts) -> str:
    """What an arm answered; a question that it was not asked has no text."""
    return arm.text or ""
