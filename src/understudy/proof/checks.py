"""The controls' figures, from the rows themselves and not from another stage's word."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from understudy.chat import ChatRow
from understudy.proof.inputs import Inputs
from understudy.proof.intervals import bootstrap_over_videos, ratio_of_sums, video_totals
from understudy.proof.plan import swapped
from understudy.proof.records import Controls, Heed, QuestionFacts
from understudy.settings import EvaluateSettings

Gain = tuple[str, float, int]
"""Video, nats that the own question saves, tokens of the answer."""


def controls_of(inputs: Inputs, questions: Sequence[QuestionFacts]) -> Controls:
    """Check what can be checked.

    Args:
        questions: Those whose losses are numbers.
    """
    held_out = {row.video_id for row in inputs.test}
    seen = {row.video_id for row in (*inputs.train, *inputs.valid)}
    learnt = {_content(row) for row in inputs.train}
    shifts = [abs(one.tuned.loss - one.base.loss) / one.base.tokens for one in questions]
    return Controls(
        test_videos=len(held_out),
        shared_videos=len(held_out & seen),
        shared_rows=sum(_content(row) in learnt for row in inputs.test),
        largest_shift=max(shifts, default=None),
        trained_tokens=inputs.trained_tokens,
        ends_learned=inputs.ends_learned,
        heeds_train=_heed(_gains_in_train(inputs), inputs.settings),
        heeds_held_out=_heed(_gains_held_out(questions), inputs.settings),
        template_same=inputs.template_same,
        not_finite=len(inputs.test) - len(questions),
        seed_noise=inputs.seed_noise,
    )


def _gains_in_train(inputs: Inputs) -> list[Gain]:
    """Of the training rows that the base scored after both questions."""
    agenda = inputs.agenda
    lines = {line.key: line for line in inputs.scores}
    others = swapped(agenda.probe)
    found: list[Gain] = []
    for row in agenda.probe:
        keys = [agenda.score_key(one, "base") for one in (row, others.get(row.id)) if one]
        scored = [lines[key] for key in keys if key in lines]
        if len(scored) == 2 and all(isfinite(one.loss) for one in scored):
            own, other = scored
            found.append((row.video_id, other.loss - own.loss, own.tokens))
    return found


def _gains_held_out(questions: Sequence[QuestionFacts]) -> list[Gain]:
    return [
        (one.video_id, one.base.elsewhere - one.base.loss, one.base.tokens)
        for one in questions
        if one.base.elsewhere is not None
    ]


def _heed(gains: Sequence[Gain], settings: EvaluateSettings) -> Heed | None:
    """What the questions tell, in the mean over tokens; None where nothing was scored."""
    if not gains:
        return None
    columns = np.array([(gain, tokens) for _, gain, tokens in gains], float)
    interval = bootstrap_over_videos(
        video_totals([video for video, _, _ in gains], columns),
        ratio_of_sums,
        resamples=settings.resamples,
        confidence=settings.confidence,
        generator=np.random.default_rng(settings.seed),
    )
    return Heed(
        value=interval.estimate,
        ci95=interval.ends,
        n_rows=len(gains),
        n_videos=interval.videos,
    )


def _content(row: ChatRow) -> tuple[str, str]:
    return _folded(row.question), _folded(row.reference)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
