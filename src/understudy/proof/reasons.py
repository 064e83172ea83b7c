"""What speaks for a verdict: each finding as one sentence with its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from understudy.proof.records import Controls, Curve, Evidence, Measure
from understudy.proof.thresholds import Thresholds
from understudy.proof.wording import change, number, percent


@dataclass(frozen=True)
class Case:
    """Everything a rule may look at."""

    measures: Mapping[str, Measure]
    controls: Controls
    curve: Curve | None
    limits: Thresholds

    @property
    def loss(self) -> Measure:
        return self.measures["loss_per_token"]

    @property
    def ends(self) -> tuple[float, float]:
        """Of the loss difference's interval; rules ask after the controls made sure of one."""
        low, high = self.loss.ci95 or (-float("inf"), float("inf"))
        return low, high

    @property
    def improved(self) -> bool:
        return self.ends[1] < 0 and self.loss.diff <= -self.limits.loss_that_matters


def loss_row(case: Case) -> Evidence:
    loss = case.loss
    direction = "falls" if loss.diff < 0 else "rises"
    return Evidence(
        name="loss_per_token",
        says=(
            f"On {loss.n_videos} unseen videos the loss of the reference answers {direction} from "
            f"{number(loss.base)} to {number(loss.tuned)} nats per token, {change(loss)}."
        ),
        supports=case.improved,
    )


def _of_answers(case: Case, name: str) -> Measure | None:
    """A measure of generated answers, where they come from enough videos to tell."""
    one = case.measures.get(name)
    return one if one is not None and one.n_videos >= case.limits.min_test_videos else None


def looping(case: Case) -> Evidence | None:
    one = _of_answers(case, "repeated_span")
    if one is None or one.tuned - (one.reference or 0) <= case.limits.repeated_excess:
        return None
    return Evidence(
        name="repeated_span",
        says=(
            f"They repeat themselves: the longest repeated span is {percent(one.tuned)} of an answer, "
            f"in the references {percent(one.reference or 0)}."
        ),
        supports=True,
    )


def endless(case: Case) -> Evidence | None:
    """Answers that do not end, where the references would have fitted the limit."""
    one = _of_answers(case, "ended")
    if one is None or one.tuned >= case.limits.ended_share * (one.baseline or 0):
        return None
    return Evidence(
        name="ended",
        says=(
            f"They do not end: {percent(one.tuned)} reach their end within the token limit, "
            f"{percent(one.baseline or 0)} of the references would."
        ),
        supports=True,
    )


def heedless(case: Case) -> Evidence | None:
    """Answers that no longer have to do with their questions, where the base's had."""
    one = case.measures.get("question_gain")
    if one is None or one.ci95 is None or one.ci95[1] >= 0:
        return None
    if one.base < case.limits.loss_that_matters or one.tuned >= case.limits.heeded * one.base:
        return None
    return Evidence(
        name="question_gain",
        says=(
            f"They do not heed the question: it makes the right answer {number(one.tuned)} nats per "
            f"token likelier, for the base {number(one.base)}."
        ),
        supports=True,
    )


def copying(case: Case) -> Evidence | None:
    one = case.measures.get("copied_from_train")
    if one is None or one.ci95 is None or one.ci95[0] <= 0:
        return None
    if one.tuned - (one.reference or 0) <= case.limits.copied_excess:
        return None
    return Evidence(
        name="copied_from_train",
        says=(
            f"On unseen questions {percent(one.tuned)} of its words stand in long spans that one "
            f"training video's answers hold; of the references' words {percent(one.reference or 0)} do."
        ),
        supports=True,
    )


def content_rows(case: Case) -> tuple[Evidence, ...]:
    """Whether the answers say what the references say; nothing where no answer was generated."""
    one = _of_answers(case, "content_match")
    if one is None:
        return ()
    other = (
        ""
        if one.baseline is None
        else f"; answers to other questions share {percent(one.baseline)}"
    )
    return (
        Evidence(
            name="content_match",
            says=(
                f"Of the content words its answers share {percent(one.tuned)} with their "
                f"references, the base's {percent(one.base)}{other}."
            ),
            supports=not content_lost(case),
        ),
    )


def form_row(case: Case) -> Evidence:
    """How far the answers are from the references' form; asked for where that was measured."""
    form = case.measures["form_distance"]
    return Evidence(
        name="form_distance",
        says=(
            f"Their form is {percent(form.tuned)} off the references' now, the base's "
            f"{percent(form.base)}."
        ),
        supports=form.ci95 is not None and form.ci95[1] < 0,
    )


def invisible(case: Case) -> bool:
    """Whether a gain in loss shows in no answer yet, though there was a form to be learned.

    At first, or where training answers lack the held-out ones' form, only some words grow likelier.
    """
    form, content = case.measures.get("form_distance"), case.measures.get("content_match")
    if form is None or form.ci95 is None or form.base <= case.limits.form_kept:
        return False
    nearer = form.ci95[1] < 0
    says_more = content is not None and content.ci95 is not None and content.ci95[0] > 0
    return not nearer and not says_more


def small(case: Case) -> bool:
    """Whether the gain is under the share of the base's loss that counts as more than a beginning."""
    return -case.loss.diff < case.limits.undertrained_gain * case.loss.base


def content_lost(case: Case) -> bool:
    """Whether the answers say less of what they should than the base's, or no more than chance."""
    one = _of_answers(case, "content_match")
    if one is None:
        return False
    fell = one.ci95 is not None and one.ci95[1] < 0
    return fell or (one.baseline is not None and one.tuned <= one.baseline)


def turned(case: Case) -> float | None:
    """The last validation loss, where it lies well above the best; None where it does not."""
    curve = case.curve
    if curve is None or curve.val_best is None or curve.val_last is None:
        return None
    return curve.val_last if curve.val_last - curve.val_best > case.limits.turned else None


def curve_rows(case: Case) -> tuple[Evidence, ...]:
    curve = case.curve
    if curve is None or curve.val_first is None or curve.val_best is None:
        return ()
    rows = [
        Evidence(
            name="validation",
            says=(
                f"In training the validation loss went from {number(curve.val_first)} to its best, "
                f"{number(curve.val_best)}, at update {curve.val_best_at} of {curve.updates}."
            ),
            supports=curve.val_best < curve.val_first,
        )
    ]
    if (last := turned(case)) is not None:
        rows.append(
            Evidence(
                name="turned",
                says=(
                    f"After its best it rose again to {number(last)}: the updates after "
                    f"{curve.val_best_at} only fitted the training rows. The best adapter was kept."
                ),
                supports=False,
            )
        )
    return tuple(rows)


def luck_rows(case: Case) -> tuple[Evidence, ...]:
    """Whether the change is larger than what another seed may do; nothing where no sweep tells."""
    noise = case.controls.seed_noise
    if noise is None:
        return ()
    return (
        Evidence(
            name="seed_noise",
            says=(
                f"In sweep {noise.sweep} {noise.trainings} trainings that differ in the seed alone end "
                f"{number(noise.spread, digits=3)} nats per token apart (standard deviation): another "
                f"seed may move the loss by {number(noise.luck, digits=3)}, and here it moved by "
                f"{number(abs(case.loss.diff), digits=3)}."
            ),
            supports=abs(case.loss.diff) > noise.luck,
        ),
    )


def train_fell(curve: Curve | None) -> bool:
    if curve is None or curve.diverged:
        return False
    if curve.train_first is None or curve.train_last is None:
        return False
    return curve.train_last < curve.train_first


def still_falling(case: Case) -> bool:
    curve = case.curve
    if curve is None or curve.val_best_at is None or curve.val_first is None:
        return False
    fell = curve.val_best is not None and curve.val_first - curve.val_best >= case.limits.begun
    return (
        fell
        and case.loss.diff < 0
        and curve.val_best_at >= case.limits.still_falling * curve.updates
    )


def below_trivial(case: Case) -> bool:
    """Whether token frequencies alone foresee the answers better than the tuned model."""
    return case.loss.baseline is not None and case.loss.tuned > case.loss.baseline


def trivial_row(case: Case) -> Evidence:
    return Evidence(
        name="trivial",
        says=(
            f"The frequencies of the training answers' tokens alone reach "
            f"{number(case.loss.baseline or 0)} nats per token: the tuned model, at "
            f"{number(case.loss.tuned)}, foresees the answers "
            f"{'worse' if below_trivial(case) else 'better'} than that."
        ),
        supports=not below_trivial(case),
    )


def too_early(case: Case) -> bool:
    return (small(case) or invisible(case)) and still_falling(case)
