"""What a person reads of a training in the terminal."""

from __future__ import annotations

import pytest

from understudy.training.telling import ended, laid_out, planned

PLAN = {
    "event": "plan",
    "message": "1,367 rows x 2 epochs / 8 = 342 updates",
    "effective": {
        "fine_tune": "lora",
        "layers": [26, 27],
        "rank": 8,
        "learning_rate_times_scale": 2e-3,
    },
    "batching": {"kind": "packed", "saved_by_packing": 0.06, "reason": "packing saves 6.0%"},
}
RESULT = {
    "ending": "finished",
    "best_update": 30,
    "start_val_loss": 0.6581,
    "best_val_loss": 0.304,
}


def test_the_arithmetic_and_the_learning_rate_with_its_scale_are_told_before_training():
    assert planned(PLAN) == (
        "1,367 rows x 2 epochs / 8 = 342 updates; lora on 2 layers, rank 8, "
        "learning rate x scale 0.002"
    )


def test_the_layout_is_told_with_its_reason():
    assert laid_out(PLAN) == "packed rows (packing saves 6.0%)"


def test_full_fine_tuning_has_no_rank_and_no_scale():
    full = {"fine_tune": "full", "layers": [1], "rank": None, "learning_rate_times_scale": None}

    assert planned({**PLAN, "effective": full}).endswith("= 342 updates; full on 1 layer")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "validation loss 0.658 -> 0.304, best at update 30; models/x"),
        ({"ending": "patience"}, "validation loss 0.658 -> 0.304, best at update 30, ended early"),
        ({"best_val_loss": 1.5}, "the validation loss never fell below the base's 0.658: 1.500 at"),
        ({"best_val_loss": None}, "nothing was validated, the last adapter is kept; models/x"),
    ],
)
def test_what_came_of_it_and_where_it_lies_is_told_after(changes, said):
    assert ended({**RESULT, **changes}, "models/x").startswith(said)
