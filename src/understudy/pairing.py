"""Answers that carry each other's ids.

An id can be whole, known and unique and still stand on the wrong answer. Then
two questions each find their words in the other's answer. Such a pair is asked
again singly, where there is nothing to confuse.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from understudy.records import Question
from understudy.teacher.protocol import DraftAnswer

MARGIN = 0.03
"""How much better each must fit the other's question, as a share of the question's weight."""

_WORD = re.compile(r"[^\W\d_]{3,}|\d+")
_STEM = 6
"""Letters of a word that are compared: `insulin` and `insulins`, `fast` and `fasting`."""


def looks_swapped(
    questions: Sequence[Question], drafts: Mapping[str, DraftAnswer]
) -> frozenset[str]:
    """Ids of questions whose answers seem to have changed places with another's.

    Args:
        questions: Of one reply.
        drafts: By question id.

    Returns:
        Ids in pairs; each of a pair shares more of its rare words with the other's answer than
        with its own, by `MARGIN`. Rare is by the inverse frequency among these answers.
    """
    asked = [question for question in questions if question.id in drafts]
    if len(asked) < 2:
        return frozenset()
    answers = {one.id: _stems(f"{drafts[one.id].answer} {drafts[one.id].quote}") for one in asked}
    seen = Counter(stem for stems in answers.values() for stem in stems)
    weights = {stem: math.log(len(asked) / count) for stem, count in seen.items()}
    wanted = {one.id: _stems(one.question) for one in asked}

    def fit(question_id: str, answer_id: str) -> float:
        total = sum(weights.get(stem, 0.0) for stem in wanted[question_id])
        shared = wanted[question_id] & answers[answer_id]
        return sum(weights[stem] for stem in shared) / total if total else 0.0

    found: set[str] = set()
    for one, other in combinations([question.id for question in asked], 2):
        if (
            fit(one, other) > fit(one, one) + MARGIN
            and fit(other, one) > fit(other, other) + MARGIN
        ):
            found |= {one, other}
    return frozenset(found)


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in _WORD.findall(text.casefold()))
