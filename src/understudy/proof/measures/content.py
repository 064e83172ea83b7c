"""Whether an answer says what its reference says."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from understudy.proof.measures.definition import Definition, text_of
from understudy.proof.records import QuestionFacts
from understudy.proof.texts import shared_content


def content(answered: Sequence[QuestionFacts]) -> dict[str, Definition]:
    return {
        "content_match": Definition(
            title="Content words shared with its reference",
            unit="share",
            better="higher",
            columns=lambda one, arm: (shared_content(text_of(arm), one.reference), 1.0),
            baseline=_other_content(answered),
            baseline_is="the reference of another video",
        )
    }


def _other_content(answered: Sequence[QuestionFacts]) -> float | None:
    """Mean overlap with the next reference of another video: what any answer shares by subject."""
    found: list[float] = []
    for place, one in enumerate(answered):
        others = (*answered[place + 1 :], *answered[:place])
        other = next((each for each in others if each.video_id != one.video_id), None)
        if other is not None:
            found.append(shared_content(other.reference, one.reference))
    return fmean(found) if found else None
