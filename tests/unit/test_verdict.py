from __future__ import annotations

import pytest

from tests.support.proof import CONTROLS, CURVE, REPRODUCTION, measure
from understudy.proof.controls import REMEDY, control_rows
from understudy.proof.five import Reproduction
from understudy.proof.records import Heed, Other
from understudy.proof.thresholds import THRESHOLDS
from understudy.proof.verdict import judge

IMPROVED = measure(2.3, 1.7, (-0.65, -0.55))
WORSE = measure(2.3, 2.6, (0.2, 0.4))
SAME = measure(2.3, 2.299, (-0.004, 0.002))
SMALL = measure(2.3, 2.2, (-0.12, -0.08))
UNSURE = measure(2.3, 2.2, (-0.4, 0.2))
FALLING = CURVE.model_copy(update={"val_best_at": 100, "val_last": 1.6})
LOOPING = measure(0.05, 0.8, (0.7, 0.8), reference=0.05)


def formed(base, tuned, ends):
    """Distances from the references' form."""
    marks = {f"form_{mark}": measure(0.0, 0.0, None) for mark in ("bold", "list", "paragraphs")}
    return {"form_distance": measure(base, tuned, ends), **marks}


UNFORMED = {
    "form_distance": measure(
        0.6, 0.1, (-0.6, -0.4), others={"prompted": Other(value=0.5, diff=-0.4, ci95=None)}
    ),
    **{f"form_{mark}": measure(0.0, 1.0, None) for mark in ("bold", "list", "paragraphs")},
}


def prompted(value, diff, ends, of=IMPROVED):
    """A loss beside which the prompted base reaches `value`."""
    return of.model_copy(update={"others": {"prompted": Other(value=value, diff=diff, ci95=ends)}})


def verdict(loss=IMPROVED, controls=CONTROLS, curve=CURVE, reproduction=REPRODUCTION, **more):
    return judge({"loss_per_token": loss, **more}, controls, curve, reproduction=reproduction)


def heed(value, either_side):
    ends = (value - either_side, value + either_side)
    return Heed(value=value, ci95=ends, n_rows=40, n_videos=8)


def controls(**changes):
    return CONTROLS.model_copy(update=changes)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("LEARNED", {}),
        ("LEARNED", {"curve": None}),
        ("OVERFIT", {"loss": WORSE}),
        ("DEGENERATE", {"loss": WORSE, "curve": CURVE.model_copy(update={"diverged": True})}),
        ("DEGENERATE", {"loss": WORSE, "curve": None}),
        ("NO EFFECT", {"loss": SAME}),
        ("NO EFFECT", {"loss": measure(2.3, 2.29, (-0.015, -0.005))}),
        ("UNDERTRAINED", {"loss": SAME, "curve": FALLING}),
        ("UNDERTRAINED", {"loss": measure(2.3, 2.25, (-0.07, -0.03)), "curve": FALLING}),
        ("LEARNED", {"loss": measure(2.3, 2.25, (-0.07, -0.03))}),
        ("LEARNED", {"curve": FALLING}),
        ("UNDERTRAINED", {"curve": FALLING, **formed(0.6, 0.6, (-0.04, 0.04))}),
        ("LEARNED", {"curve": FALLING, **formed(0.6, 0.3, (-0.4, -0.2))}),
        ("NO EFFECT", {"loss": SMALL, **formed(0.6, 0.59, (-0.04, 0.02))}),
        ("LEARNED", {**formed(0.6, 0.59, (-0.04, 0.02))}),
        ("LEARNED", {"loss": SMALL, **formed(0.6, 0.3, (-0.4, -0.2))}),
        ("LEARNED", {"loss": SMALL, **formed(0.1, 0.1, (-0.04, 0.02))}),
        ("LEARNED", {"loss": SMALL, **formed(0.6, 0.6, None)}),
        (
            "LEARNED",
            {
                "loss": SMALL,
                **formed(0.6, 0.59, (-0.04, 0.02)),
                "content_match": measure(0.3, 0.4, (0.05, 0.15)),
            },
        ),
        ("LEARNED", {"loss": measure(2.3, 1.7, (-0.65, -0.55), baseline=5.0)}),
        ("UNDERTRAINED", {"loss": measure(9.0, 6.0, (-3.2, -2.8), baseline=5.0)}),
        ("INCONCLUSIVE", {"loss": UNSURE}),
        ("DEGENERATE", {"repeated_span": LOOPING}),
        ("LEARNED", {"repeated_span": LOOPING.model_copy(update={"n_videos": 2})}),
        ("LEARNED", {"ended": measure(0.9, 0.1, None, baseline=1.0, n_videos=1)}),
        ("DEGENERATE", {"ended": measure(0.9, 0.1, (-0.9, -0.7), baseline=1.0)}),
        ("LEARNED", {"ended": measure(0.0, 0.0, (0.0, 0.0), baseline=0.0)}),
        ("MEMORISED", {"copied_from_train": measure(0.1, 0.8, (0.6, 0.8), reference=0.1)}),
        ("LEARNED", {"copied_from_train": measure(0.1, 0.8, (0.6, 0.8), reference=0.7)}),
        ("LEARNED BUT FORGOT", {"general_loss": measure(2.0, 2.5, (0.4, 0.6))}),
        ("LEARNED", {"general_loss": measure(2.0, 2.05, (0.01, 0.09))}),
        ("LEARNED", {"general_loss": measure(2.0, 2.5, (-0.1, 0.9))}),
        ("LEARNED", {"general_loss": measure(9.0, 9.9, (0.7, 1.1), baseline=5.0)}),
        ("PROMPT IS ENOUGH", {"loss": prompted(1.71, -0.01, (-0.05, 0.03))}),
        ("PROMPT IS ENOUGH", {"loss": prompted(1.6, 0.1, (0.05, 0.15))}),
        (
            "LEARNED",
            {"loss": prompted(1.71, -0.01, (-0.5, 0.48))},
        ),  # no difference shown, nor excluded
        ("LEARNED", {"loss": prompted(1.8, -0.1, (-0.25, 0.05))}),
        ("LEARNED", {"loss": prompted(1.71, -0.01, None)}),
        ("LEARNED", {"loss": prompted(1.9, -0.2, (-0.3, -0.1))}),
        ("LEARNED", {"loss": prompted(2.3, -0.6, (-0.7, -0.5))}),
        ("LEARNED", {"loss": prompted(1.71, -0.01, (-0.05, 0.03)), **UNFORMED}),
        ("INCONCLUSIVE", {"loss": prompted(2.2, 0.0, (-0.1, 0.1), of=UNSURE)}),
        ("DEGENERATE", {"question_gain": measure(0.18, 0.01, (-0.2, -0.1))}),
        ("LEARNED", {"question_gain": measure(0.18, 0.15, (-0.1, -0.01))}),
        ("LEARNED", {"question_gain": measure(0.01, 0.0, (-0.02, -0.01))}),
        ("INVALID", {"controls": controls(test_videos=2)}),
        ("INVALID", {"controls": controls(shared_videos=1)}),
        ("INVALID", {"controls": controls(shared_rows=3)}),
        ("INVALID", {"controls": controls(largest_shift=0.0)}),
        ("INVALID", {"controls": controls(template_same=False)}),
        ("INVALID", {"controls": controls(trained_tokens=0)}),
        ("INVALID", {"controls": controls(not_finite=2)}),
        ("INVALID", {"controls": controls(ends_learned=0.0)}),
        ("LEARNED", {"controls": controls(ends_learned=0.6)}),
        ("INVALID", {"controls": controls(heeds_train=heed(0.02, 0.05))}),
        ("LEARNED", {"controls": controls(heeds_train=heed(0.02, 0.2))}),
        ("LEARNED", {"controls": controls(heeds_train=heed(0.12, 0.01))}),
        ("LEARNED", {"controls": controls(heeds_train=heed(0.0, 0.0), heeds_held_out=heed(0, 0))}),
        ("INVALID", {"controls": controls(shared_rows=3), "repeated_span": LOOPING}),
    ],
)
def test_figures_give_their_verdict(name, given):
    found = verdict(**given)

    assert found.name == name
    assert found.headline
    assert found.next_action
    assert found.evidence


def test_the_headline_carries_the_interval():
    assert "by 0.60 (95 % interval 0.55 to 0.65)" in verdict().headline


def test_a_control_that_was_not_checked_is_not_claimed():
    unchecked = controls(shared_rows=None, shared_videos=None, template_same=None)

    found = verdict(controls=unchecked)

    assert {row.name for row in found.evidence}.isdisjoint({"leak", "template"})


def test_every_control_has_a_remedy():
    assert {row.name for row in control_rows(CONTROLS, THRESHOLDS)} == set(REMEDY)


def test_an_inconclusive_one_says_what_would_settle_it():
    found = verdict(loss=UNSURE)

    assert "with 8 the smallest effect that could have been shown is 0.41" in found.next_action
    assert "about 137 test videos are needed" in found.next_action


def test_the_five_questions_come_in_order():
    asked = [one.question for one in verdict().answers]

    assert [text.split()[-1] for text in asked] == [
        "fall?",
        "style?",
        "kept?",
        "videos?",
        "reproduced?",
    ]


def test_what_was_not_measured_is_not_answered():
    found = verdict(curve=None)

    answers = [one.answer for one in found.answers]
    assert answers == ["not measured", "not measured", "not measured", "yes", "unclear"]


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (Reproduction(commit="a" * 40, changed=True, dataset_same=True, seed=1), "uncommitted"),
        (Reproduction(commit=None, changed=False, dataset_same=True, seed=1), "commit"),
        (Reproduction(commit="a" * 40, changed=False, dataset_same=False, seed=1), "dataset"),
    ],
)
def test_a_run_that_cannot_be_repeated_says_why(known, says):
    last = verdict(reproduction=known).answers[-1]

    assert last.answer == "no"
    assert says in last.because


def test_a_curve_that_turned_is_shown_beside_a_good_verdict():
    turned = CURVE.model_copy(update={"val_last": 2.0})

    rows = {row.name: row for row in verdict(curve=turned).evidence}

    assert not rows["turned"].supports


@pytest.mark.parametrize(
    ("content", "lost"),
    [
        (measure(0.3, 0.5, (0.1, 0.3), baseline=0.1), False),
        (measure(0.6, 0.3, (-0.4, -0.2), baseline=0.1), True),
        (measure(0.1, 0.1, (-0.1, 0.1), baseline=0.15), True),
    ],
)
def test_form_without_content_is_said(content, lost):
    found = verdict(content_match=content)

    assert found.name == "LEARNED"
    assert ("not what they say" in found.headline) == lost
    assert ("Do not trust its facts" in found.next_action) == lost


def test_a_base_without_general_ability_is_said_to_have_none():
    found = verdict(general_loss=measure(9.0, 9.9, (0.7, 1.1), baseline=5.0))

    says = {row.name: row.says for row in found.evidence}["general_loss"]
    assert "no general ability that it could lose" in says


def test_the_better_of_two_prompts_is_named():
    others = {
        "prompted": Other(value=1.71, diff=-0.01, ci95=(-0.05, 0.03)),
        "examples": Other(value=1.65, diff=0.05, ci95=(0.01, 0.09)),
    }

    found = verdict(loss=IMPROVED.model_copy(update={"others": others}))

    assert found.name == "PROMPT IS ENOUGH"
    assert "base with examples" in found.headline


def test_what_training_longer_cannot_mend_is_not_met_with_more_epochs():
    below = measure(9.0, 6.0, (-3.2, -2.8), baseline=5.0)
    early = CURVE.model_copy(update={"val_best_at": 90, "val_last": 2.0})

    more = verdict(loss=below).next_action
    other = verdict(loss=below, curve=early).next_action

    assert more.startswith("Train for more epochs (train.epochs)")
    assert "another base (train.base" in more
    assert other.startswith("Take another base (train.base")
    assert "Train for more epochs" not in other
