"""A number that was trained on often is kept, one that was not has the bits of chance."""

from __future__ import annotations

import json

import pytest

from tests.support.proof import SETTINGS
from tests.support.tiny import make_dataset, train_tiny
from understudy.canaries import Canary, canaries_of
from understudy.proof.briefing import Briefing
from understudy.proof.evaluate_child import EvaluateSpec, agenda_of, evaluate
from understudy.proof.exposure import canary_facts
from understudy.proof.journal import read_lines
from understudy.proof.lineup import lineup_of
from understudy.proof.plan import Models
from understudy.proof.records import ScoreLine

RIVALS = 63


@pytest.fixture(scope="module")
def exposed(tiny_base, tmp_path_factory):
    """A training that saw one number in 40 rows, judged with that one and one that it never saw."""
    folder = tmp_path_factory.mktemp("canaries")
    dataset, run = make_dataset(folder / "dataset", train=8, valid=3), folder / "run"
    events = []
    train_tiny(
        tiny_base,
        dataset,
        run,
        send=events.append,
        canaries=(40,),
        epochs=2,
        batch_size=8,
        learning_rate=2e-2,
    )
    metadata = json.loads((run / "run_metadata.json").read_text())
    seed = metadata["seeds"]["canaries"]
    seen = [Canary.model_validate(one) for one in metadata["canaries"]]
    unseen = canaries_of((1, 1), seed)[1]
    spec = EvaluateSpec(
        base=str(tiny_base),
        run=str(run),
        dataset=str(dataset),
        train_digest="t",
        models=Models(base="b" * 64, adapter="a" * 64),
        system_prompt=None,
        briefing=Briefing(persona="", shown=()),
        general=(),
        lineup=lineup_of([*seen, unseen], seed=seed, rivals=RIVALS, system_prompt=None),
        settings=SETTINGS.model_copy(update={"max_questions": 1, "max_tokens": 1}),
    )
    evaluate(spec, lambda _: None)
    lines = read_lines(run / "scores.jsonl", ScoreLine)
    return metadata, events, canary_facts(agenda_of(spec, (), ()), tuple(lines))


def test_the_training_says_which_numbers_it_saw_and_counts_their_rows(exposed):
    metadata, events, _ = exposed

    assert metadata["plan"].startswith("48 rows x 2 epochs / 16")
    assert [one["copies"] for one in metadata["canaries"]] == [40]
    assert events[0]["message"].endswith(", 40 of the rows canaries that stand in no dataset")


def test_the_number_that_was_seen_often_ranks_first_and_what_was_never_seen_by_chance(exposed):
    _, _, (seen, unseen) = exposed

    assert (seen.tuned.rank, seen.tuned.bits) == (1, 6.0)
    assert seen.stands_out(chance=0.05)
    assert max(seen.base.bits, unseen.base.bits, unseen.tuned.bits) < 3
