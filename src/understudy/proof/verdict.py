"""From figures to one word, its reasons and what to do next.

A pure function: equal figures, equal verdict. The rules are tried in order and
the first that applies decides: what makes the comparison void comes first, then
what is wrong with the answers, then the loss on unseen videos. A verdict that
rests on something that was not measured is never given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from understudy.proof.beyond import enough, forgetting_rows, forgot, prompt_rows
from understudy.proof.controls import REMEDY, control_rows
from understudy.proof.five import Reproduction, five_answers
from understudy.proof.intervals import detectable_effect, videos_needed
from understudy.proof.reasons import (
    Case,
    below_trivial,
    content_lost,
    content_rows,
    copying,
    curve_rows,
    endless,
    form_row,
    heedless,
    invisible,
    looping,
    loss_row,
    luck_rows,
    small,
    still_falling,
    too_early,
    train_fell,
    trivial_row,
    turned,
)
from understudy.proof.records import Controls, Curve, Evidence, Measure, Verdict, VerdictName
from understudy.proof.thresholds import THRESHOLDS, Thresholds
from understudy.proof.wording import lower_first, number

VERSION = "7"


@dataclass(frozen=True)
class Finding:
    """What a rule concludes."""

    name: VerdictName
    headline: str
    next_action: str
    evidence: tuple[Evidence, ...] = ()


def judge(
    measures: Mapping[str, Measure],
    controls: Controls,
    curve: Curve | None,
    *,
    reproduction: Reproduction,
    limits: Thresholds = THRESHOLDS,
) -> Verdict:
    """Say whether the training worked.

    Args:
        measures: From `measures.table.measure_all`; without `loss_per_token` a control must have failed.
        curve: None where the run left no metrics.
        reproduction: What is known about repeating the run.
    """
    case = Case(measures, controls, curve, limits)
    finding = next(found for rule in RULES if (found := rule(case)) is not None)
    return Verdict(
        name=finding.name,
        headline=finding.headline,
        next_action=finding.next_action,
        evidence=(*finding.evidence, *control_rows(case.controls, case.limits)),
        answers=five_answers(measures, curve, reproduction, limits),
    )


# --- the rules, in order ------------------------------------------------------


def _invalid(case: Case) -> Finding | None:
    failed = [row for row in control_rows(case.controls, case.limits) if not row.supports]
    if not failed:
        return None
    return Finding(
        "INVALID",
        f"The comparison is void: {lower_first(failed[0].says)}",
        REMEDY[failed[0].name],
    )


def _degenerate(case: Case) -> Finding | None:
    rows = [row for row in (looping(case), endless(case), heedless(case)) if row is not None]
    if not rows:
        return None
    return Finding(
        "DEGENERATE",
        f"The tuned model's answers are broken: {lower_first(rows[0].says)}",
        "Lower the learning rate or the number of epochs; if the answers never end, check that "
        "the end-of-turn token is part of what is trained; if they do not heed the question, that "
        "questions and answers in train belong together. Then train again.",
        (*rows, loss_row(case)),
    )


def _worse(case: Case) -> Finding | None:
    if case.ends[0] <= 0 or case.loss.diff < case.limits.loss_that_matters:
        return None
    fell = train_fell(case.curve)
    row = loss_row(case)
    if fell:
        return Finding(
            "OVERFIT",
            f"It learnt its training rows and got worse on videos it has not seen: {row.says}",
            "Train for fewer epochs or with a lower rank, add videos, and keep the adapter of the "
            "best validation.",
            (row, *curve_rows(case)),
        )
    return Finding(
        "DEGENERATE",
        f"Training made the model worse: {row.says}",
        "Lower the learning rate by a factor of 10 and train again.",
        (row, *curve_rows(case)),
    )


def _memorised(case: Case) -> Finding | None:
    row = copying(case)
    if row is None:
        return None
    return Finding(
        "MEMORISED",
        f"It recites its training answers: {lower_first(row.says)}",
        "Train for fewer epochs, add videos, and remove near-duplicate training rows.",
        (row, loss_row(case), *curve_rows(case)),
    )


def _forgot(case: Case) -> Finding | None:
    if not case.improved or not forgot(case):
        return None
    (row,) = forgetting_rows(case)
    return Finding(
        "LEARNED BUT FORGOT",
        f"It answers the talks' questions better, but lost general ability: {lower_first(row.says)}",
        "Mix in general chat rows (augment.replay_file), or train fewer layers or epochs.",
        (row.model_copy(update={"supports": True}), *_gains(case)),
    )


def _barely(case: Case) -> Finding | None:
    if not case.improved:
        return None
    if below_trivial(case):
        return Finding(
            "UNDERTRAINED",
            f"It is learning, but knows less than plain token frequencies: {loss_row(case).says}",
            _beyond_frequencies(case),
            _gains(case),
        )
    if too_early(case):
        return Finding(
            "UNDERTRAINED",
            f"It is learning, but has barely begun: {loss_row(case).says}",
            "Raise the learning rate, or train for more epochs: the validation loss was still "
            "falling when training stopped.",
            (*_gains(case), *([form_row(case)] if invisible(case) else [])),
        )
    return None


def _beyond_frequencies(case: Case) -> str:
    """What to do where the base itself knew less than frequencies, and training did not catch up."""
    other = (
        "Take another base (train.base, see docs/TRAINING.md): this one foresees such answers "
        "worse than plain token frequencies before training"
    )
    if turned(case) is None:
        return (
            "Train for more epochs (train.epochs) or at a higher learning rate "
            f"(train.learning_rate). Does that not help: {lower_first(other)}."
        )
    return f"{other}, and longer training does not help, for its best came before its end."


def _invisible(case: Case) -> Finding | None:
    if not (case.improved and invisible(case) and small(case)):
        return None
    return Finding(
        "NO EFFECT",
        f"The loss falls a little, and no answer shows it: {lower_first(form_row(case).says)}",
        "See that the answers in train have the form of the held-out ones, then train for more "
        "epochs or at a higher learning rate.",
        (form_row(case), *_gains(case)),
    )


def _prompt(case: Case) -> Finding | None:
    arm = enough(case) if case.improved else None
    if arm is None:
        return None
    rows = {row.name: row for row in prompt_rows(case)}
    return Finding(
        "PROMPT IS ENOUGH",
        f"The base does as well without training: {lower_first(rows[arm].says)}",
        "Use the base with that prompt (it stands in the report under the arms), or train on more "
        "videos: what was learnt from these is no more than the prompt tells.",
        (rows[arm].model_copy(update={"supports": True}), *_gains(case)),
    )


def _learned(case: Case) -> Finding | None:
    if not case.improved:
        return None
    evidence = (*_gains(case), *forgetting_rows(case), *prompt_rows(case))
    if content_lost(case):
        return Finding(
            "LEARNED",
            f"It learnt how the answers are made, not what they say: {loss_row(case).says}",
            "Do not trust its facts: its answers are further from the right ones than the base's, "
            "or no nearer than answers to other questions. Read some of them. More videos on the "
            "same subject, a larger base or fewer epochs help.",
            evidence,
        )
    return Finding(
        "LEARNED",
        loss_row(case).says,
        "Read a few of the answers, for a lower loss is no proof that they are true. Then use the "
        "adapter: it is adapters.safetensors in the run's folder, the best of the training.",
        evidence,
    )


def _gains(case: Case) -> tuple[Evidence, ...]:
    trivial = () if case.loss.baseline is None else (trivial_row(case),)
    return (
        loss_row(case),
        *luck_rows(case),
        *trivial,
        *content_rows(case),
        *curve_rows(case),
    )


def _flat(case: Case) -> Finding | None:
    low, high = case.ends
    limit = case.limits.loss_that_matters
    certain = -limit < low and high < limit
    tiny = high < 0 and case.loss.diff > -limit
    if not (certain or tiny):
        return None
    evidence = (loss_row(case), *luck_rows(case), *curve_rows(case))
    if still_falling(case):
        return Finding(
            "UNDERTRAINED",
            f"Nothing that matters changed yet: {loss_row(case).says}",
            "Raise the learning rate (a factor of 10 is a good next try) or the number of epochs: "
            "the validation loss was still falling when training stopped.",
            evidence,
        )
    return Finding(
        "NO EFFECT",
        f"Training changed nothing that matters: {loss_row(case).says}",
        "Check that the rows hold something the base does not know, then raise the learning rate "
        "or the rank.",
        evidence,
    )


def _inconclusive(case: Case) -> Finding:
    low, high = case.ends
    videos = case.loss.n_videos
    limit = case.limits.loss_that_matters
    smallest = detectable_effect((high - low) / 2, videos=videos, confidence=case.loss.confidence)
    target = max(abs(case.loss.diff), limit)
    needed = videos_needed(target, detectable=smallest, videos=videos)
    return Finding(
        "INCONCLUSIVE",
        f"This test set cannot tell: {loss_row(case).says}",
        f"Hold out more videos: with {videos} the smallest effect that could have been shown is "
        f"{number(smallest)} nats per token; for one of {number(target)} about {needed} test "
        f"videos are needed.",
        (loss_row(case), *curve_rows(case)),
    )


RULES: tuple[Callable[[Case], Finding | None], ...] = (
    _invalid,
    _degenerate,
    _worse,
    _memorised,
    _forgot,
    _barely,
    _invisible,
    _prompt,
    _learned,
    _flat,
    _inconclusive,
)
