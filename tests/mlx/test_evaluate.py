"""Base and tuned model on held-out rows: one load, lines on disk, and what a kill leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.adapters import make_adapter
from tests.support.proof import SETTINGS
from tests.support.tiny import make_base, make_dataset
from understudy.artifacts import file_digest, read_jsonl
from understudy.chat import ChatRow
from understudy.inference import LoadedModel
from understudy.proof.briefing import Briefing
from understudy.proof.conclude import conclude
from understudy.proof.evaluate_child import EvaluateSpec, evaluate
from understudy.proof.general import general_rows, read_general
from understudy.proof.inputs import Inputs
from understudy.proof.journal import read_lines
from understudy.proof.lineup import Lineup
from understudy.proof.plan import Models
from understudy.proof.records import GenerationLine, ScoreLine


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("proof") / "base")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("proof") / "dataset", train=16, valid=9)


@pytest.fixture
def spec(base, dataset, tmp_path):
    run = tmp_path / "run"
    make_adapter(base, run, strength=0.5)
    return EvaluateSpec(
        base=str(base),
        run=str(run),
        dataset=str(dataset),
        train_digest=file_digest(dataset / "train.jsonl"),
        models=Models(base="b" * 64, adapter="a" * 64),
        system_prompt=None,
        briefing=Briefing(persona="Be brief.", shown=()),
        general=(),
        lineup=Lineup(),
        settings=SETTINGS.model_copy(
            update={"max_tokens": 12, "batch_size": 4, "max_questions": 5}
        ),
    )


def lines(spec):
    run = Path(spec.run)
    scores = read_lines(run / "scores.jsonl", ScoreLine)
    return scores, read_lines(run / "generations.jsonl", GenerationLine)


def no_news(_):
    pass


def results(spec):
    scores, generations = lines(spec)
    rows = {
        part: tuple(read_jsonl(Path(spec.dataset) / f"{part}.jsonl", ChatRow))
        for part in ("train", "valid", "test")
    }
    return conclude(
        Inputs(
            run="run",
            dataset="d",
            **rows,
            train_digest=spec.train_digest,
            titles={},
            scores=tuple(scores),
            generations=tuple(generations),
            models=spec.models,
            metrics=None,
            briefing=spec.briefing,
            general=spec.general,
            accepted={one.row.id: one.accepted for one in read_general(None)},
            settings=spec.settings,
        )
    )


def test_every_row_is_scored_by_both_and_some_are_answered(spec):
    news = []

    evaluate(spec, news.append)

    scores, generations = lines(spec)
    assert {arm: sum(one.arm == arm for one in scores) for arm in ("base", "tuned", "unigram")} == {
        "base": 36,  # of test and of train, after their own and after another question
        "tuned": 18,
        "unigram": 9,
    }
    assert len(generations) == 2 * 5
    assert len({one.id.partition(":")[0] for one in generations}) == 4  # of all four videos
    assert news[-1] == {"event": "progress", "done": 73, "total": 73}


def test_the_two_arms_are_the_base_and_the_base_with_its_adapter(spec):
    evaluate(spec, no_news)

    rows = read_jsonl(Path(spec.dataset) / "test.jsonl", ChatRow)
    scores, _ = lines(spec)
    for arm, adapter in (("base", None), ("tuned", Path(spec.run))):
        alone = LoadedModel.load(Path(spec.base), adapter)
        expected = alone.score([row.messages for row in rows], batch_size=3)
        found = {one.id: one.loss for one in scores if one.arm == arm}
        assert [found[row.id] for row in rows] == pytest.approx(
            [one.loss_sum for one in expected], rel=1e-4
        )


def test_a_second_evaluation_loads_no_model(spec, monkeypatch):
    evaluate(spec, no_news)
    before = [path.read_bytes() for path in sorted(Path(spec.run).glob("*.jsonl"))]
    monkeypatch.setattr(LoadedModel, "load", None)

    evaluate(spec, no_news)

    assert [path.read_bytes() for path in sorted(Path(spec.run).glob("*.jsonl"))] == before


def test_another_adapter_keeps_what_the_base_did(spec):
    evaluate(spec, no_news)
    before, _ = lines(spec)
    changed = spec.model_copy(update={"models": Models(base="b" * 64, adapter="c" * 64)})

    evaluate(changed, no_news)

    after, generations = lines(spec)
    kept = {one.key for one in before} & {one.key for one in after}
    assert {one.arm for one in after if one.key in kept} == {"base", "unigram"}
    assert len(after) == len(before)
    assert len(generations) == 10


def test_prompted_arms_and_general_questions_go_through_the_same_load(spec):
    row = read_jsonl(Path(spec.dataset) / "train.jsonl", ChatRow)[0]
    wide = spec.model_copy(
        update={
            "briefing": Briefing(persona="Be brief.", shown=(row,)),
            "general": general_rows(read_general(None), 3, None),
            "settings": spec.settings.model_copy(
                update={"arms": ("prompted", "examples"), "max_questions": 2, "general_answers": 1}
            ),
        }
    )

    evaluate(wide, no_news)

    found = results(wide)
    assert len(found.general) == 3
    assert set(found.measures["loss_per_token"].others) == {"prompted", "examples"}
    assert set(found.measures["ended"].others) == {"prompted", "examples"}
    assert {"general_loss", "general_right"} <= found.measures.keys()
    alone = LoadedModel.load(Path(spec.base))
    turns = [{"role": "system", "content": "Be brief."}, *found_row(wide, 0).messages]
    (expected,) = alone.score([turns], batch_size=1)
    assert found.questions[0].others["prompted"].loss == pytest.approx(expected.loss_sum, rel=1e-4)


def found_row(spec, place):
    return read_jsonl(Path(spec.dataset) / "test.jsonl", ChatRow)[place]


def test_an_adapter_of_zeros_makes_the_comparison_void(spec, base):
    passed = []
    for strength in (0.5, 0.0):
        make_adapter(base, Path(spec.run), strength=strength)
        models = Models(base="b" * 64, adapter=str(strength))
        changed = spec.model_copy(update={"models": models})
        evaluate(changed, no_news)
        passed.append({row.name: row.supports for row in results(changed).reasons}["inert"])

    assert passed == [True, False]


def test_killed_at_any_time_no_answer_is_made_twice(spec):
    kills = 0
    for patience in (47, 70, 1000):  # lines, of 73 in all: among the answers of either arm
        code = _CHILD.format(root=str(Path.cwd()), spec=spec.model_dump_json(), patience=patience)
        done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
        kills += 1
        with (Path(spec.run) / "generations.jsonl").open("ab") as stream:
            stream.write(b'{"key": "torn')

    assert kills == 2
    scores, generations = lines(spec)
    for found, count in ((scores, 63), (generations, 10)):
        keys = [one.key for one in found]
        assert len(keys) == len(set(keys)) == count
    fresh = spec.model_copy(update={"run": f"{spec.run}-again"})
    make_adapter(Path(spec.base), Path(fresh.run), strength=0.5)
    evaluate(fresh, no_news)
    texts = {one.key: one.text for one in lines(fresh)[1]}
    assert {one.key: one.text for one in generations} == texts


_CHILD = """
import os, signal, sys
sys.path.insert(0, {root!r})
from understudy.proof.evaluate_child import EvaluateSpec, evaluate
def news(one):
    if one["done"] >= {patience} and one["done"] < one["total"]:
        os.kill(os.getpid(), signal.SIGKILL)
evaluate(EvaluateSpec.model_validate_json({spec!r}), news)
"""
