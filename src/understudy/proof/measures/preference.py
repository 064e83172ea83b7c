"""Which model's answers a judge prefers, as they are and with their lengths made equal."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

import numpy as np

from understudy.proof.intervals import Array
from understudy.proof.measures.definition import Definition, text_of
from understudy.proof.records import ArmFacts, QuestionFacts
from understudy.proof.texts import words_of

_COIN = "a judge that throws a coin"


def preference(judged: Sequence[QuestionFacts]) -> dict[str, Definition]:
    """Share of questions won, a tie counting half; nothing where none was judged.

    The second figure is missing where one model's answers are never the longer ones: what the
    judge would say of equal lengths is then beyond everything it was shown.

    Source:
        Dubois et al., "Length-Controlled AlpacaEval" (COLM 2024, arXiv:2404.04475): preference
        regressed on the difference in length and read off at none. A straight line stands here in
        place of the logistic one: it is a function of sums, as the bootstrap over videos wants it.
    """
    if not judged:
        return {}
    found = {
        "judge_preference": Definition(
            title="Preferred by the judge",
            unit="share",
            better="higher",
            columns=lambda _, arm: (arm.preferred or 0.0, 1.0),
            baseline=0.5,
            baseline_is=_COIN,
            prompted=False,
        )
    }
    lengths = [_longer(one, one.tuned) for one in judged]
    if min(lengths) < 0 < max(lengths):
        found["judge_preference_by_length"] = Definition(
            title="Preferred by the judge, at equal length",
            unit="share",
            better="higher",
            columns=_columns,
            statistic=_at_equal_length,
            baseline=0.5,
            baseline_is=_COIN,
            prompted=False,
        )
    return found


def _columns(one: QuestionFacts, arm: ArmFacts) -> tuple[float, ...]:
    longer, preferred = _longer(one, arm), arm.preferred or 0.0
    return 1.0, longer, preferred, longer * longer, longer * preferred


def _longer(one: QuestionFacts, arm: ArmFacts) -> float:
    """By how many doublings an answer is longer than the mean of both."""
    base, tuned, own = (
        log2(len(words_of(text_of(each))) + 1) for each in (one.base, one.tuned, arm)
    )
    return own - (base + tuned) / 2


def _at_equal_length(sums: Array) -> Array:
    """Where the least-squares line of preference over length crosses a difference of 0."""
    count, x, y, xx, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (count * xy - x * y) / (count * xx - x * x)
    return np.asarray(np.clip((y - slope * x) / count, 0.0, 1.0))
