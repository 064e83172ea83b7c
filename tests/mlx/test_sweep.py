"""A trial that stops at a rung and goes on is the training that never stopped."""

from __future__ import annotations

import json

from tests.support.tiny import tiny_spec, train_tiny
from understudy.artifacts import read_jsonl
from understudy.training.metrics import LINES, Metrics
from understudy.training.rung import RungSpec, train_until


def never():
    return False


def lines(folder):
    return [
        (one.iteration, one.train_loss, one.val_loss, one.learning_rate)
        for one in read_jsonl(folder / LINES, Metrics)
    ]


def test_two_rungs_are_one_training_bit_for_bit(tiny_base, tiny_dataset, tmp_path):
    train_tiny(tiny_base, tiny_dataset, tmp_path / "whole", epochs=1)
    spec = tiny_spec(tiny_base, tiny_dataset, tmp_path / "rungs", epochs=1)

    first = train_until(RungSpec(train=spec, until=4), lambda event: None, never)
    at_rung = lines(tmp_path / "rungs")
    last = train_until(RungSpec(train=spec, until=6), lambda event: None, never)

    assert (first.ending, first.updates, last.updates) == ("interrupted", 4, 6)
    assert at_rung[-1][0] == 4
    assert at_rung[-1][2] is not None  # a rung stands at a validation
    assert lines(tmp_path / "rungs") == lines(tmp_path / "whole")


def test_a_diverging_trial_is_an_outcome_and_no_error(tiny_base, tiny_dataset, tmp_path):
    stormy = {"learning_rate": 1e30, "schedule": "constant", "warmup_share": 0.0, "clip_norm": None}
    spec = tiny_spec(tiny_base, tiny_dataset, tmp_path / "storm", **stormy)
    said = []

    ended = train_until(RungSpec(train=spec, until=12), said.append, never)

    assert ended is None
    assert said[-1]["event"] == "diverged"
    assert "learning_rate" in json.dumps(said[-1])
