"""How much of an answer's content its talk holds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from understudy.proof.grounding import Talks
from understudy.proof.measures.definition import Definition, text_of
from understudy.proof.records import QuestionFacts


def grounding(answered: Sequence[QuestionFacts], talks: Talks) -> dict[str, Definition]:
    """Nothing where a question's transcript is not at hand."""
    if not all(one.video_id in talks for one in answered):
        return {}
    return {
        "grounded": Definition(
            title="Content words found in the talk's transcript",
            unit="share",
            better="reference",
            columns=lambda one, arm: (talks.grounded(text_of(arm), one.video_id), 1.0),
            baseline=_elsewhere(answered, talks),
            baseline_is="its reference in the transcript of another video",
            reference=fmean(talks.grounded(one.reference, one.video_id) for one in answered),
        )
    }


def _elsewhere(answered: Sequence[QuestionFacts], talks: Talks) -> float | None:
    """How much of a reference any talk on the subject holds."""
    videos = sorted({one.video_id for one in answered})
    if len(videos) < 2:
        return None
    after = dict(zip(videos, (*videos[1:], videos[0]), strict=True))
    return fmean(talks.grounded(one.reference, after[one.video_id]) for one in answered)
