"""The evaluation task: what it publishes, when it reuses it, and what it refuses."""

from __future__ import annotations

import asyncio
import json
from math import log

import numpy as np
import pytest
from prefect.logging import disable_run_logger
from scipy.stats import norm, t

from tasks.evaluate import evaluate
from tasks.policy import unwrap
from tests.support.adapters import make_adapter
from tests.support.proof import SETTINGS as PROOF
from tests.support.tiny import make_base, make_rows
from understudy.artifacts import file_digest, write_json, write_jsonl
from understudy.errors import BaseModelError, EvaluationError
from understudy.manifests import publish, recipe
from understudy.models import base_digests
from understudy.preference import Judgement
from understudy.proof.job import dataset_of
from understudy.settings import ChannelSettings
from understudy.training.runs import newest_run
from understudy.workspace import Workspace

SETTINGS = PROOF.model_copy(update={"max_tokens": 30, "batch_size": 4, "max_questions": 6})
CHANNEL = ChannelSettings(
    name="bees", speaker="Maren Holt", subject="bees", style="plain", language="en"
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A trained channel: base, dataset parted by video, and one finished run."""
    workspace = Workspace(root=tmp_path_factory.mktemp("project"), channel="bees")
    base = make_base(workspace.root / "models" / "tiny")
    dataset = workspace.datasets / "d1"
    for part, salt in (("train", ""), ("valid", "v"), ("test", "t")):
        rows = [
            {**row, "id": f"{part}-{row['id']}", "video_id": f"{part}-{row['video_id']}"}
            for row in make_rows(12, salt=salt)
        ]
        write_jsonl(dataset / f"{part}.jsonl", rows)
    run = workspace.models / "20261122-1"
    make_adapter(base, run, strength=0.5)
    metadata = {
        "finished": "2026-11-22T17:00:00Z",
        "git": {"commit": "a" * 40, "has_uncommitted_changes": False},
        "dataset": {
            "path": "data/bees/dataset/d1",
            "sha256": {"train.jsonl": file_digest(dataset / "train.jsonl")},
        },
        "ends_learned": 1.0,
        "base": {"name": "models/tiny", "sha256": base_digests(base).model_dump()},
        "hyperparameters": {"seed": 7, "epochs": 2, "lora": {"rank": 4}, "system_prompt": None},
    }
    metrics = {
        "iterations": [0, 5, 10],
        "train_loss": [None, 5.0, 4.0],
        "val_loss": [5.5, None, 4.5],
        "trained_tokens": [None, 100, 200],
    }
    write_json(run / "run_metadata.json", metadata)
    write_json(run / "training_metrics.json", metrics)
    publish(run, {}, recipe("train", "1"))
    return workspace


def evaluated(workspace, settings=SETTINGS, **more):
    run = newest_run(workspace)
    with disable_run_logger():
        return asyncio.run(
            evaluate.fn(
                workspace,
                run,
                dataset_of(run, workspace),
                settings=settings,
                channel=CHANNEL,
                config="config/bees.yaml",
                **more,
            )
        )


@pytest.fixture(scope="module")
def outcome(workspace):
    return unwrap(evaluated(workspace))


def test_it_publishes_results_and_report_beside_the_adapter(workspace, outcome):
    run = newest_run(workspace)

    assert set(outcome.files) == {"evaluation_results.json", "report.html"}
    assert all(artifact.path.parent == run for artifact in outcome.files.values())
    assert (outcome.account.unit, outcome.account.produced) == ("question", 12)
    assert (run / "manifest.json").exists()  # the training's own, untouched


def test_the_figures_follow_from_the_raw_lines(workspace, outcome):
    """Recomputed from the lines on disk without any of the package's code."""
    run = newest_run(workspace)
    results = json.loads((run / "evaluation_results.json").read_text())
    scores = [json.loads(line) for line in (run / "scores.jsonl").read_text().splitlines()]
    answers = [json.loads(line) for line in (run / "generations.jsonl").read_text().splitlines()]

    def per_token(arm):
        held_out = [one for one in scores if one["id"].startswith("test-")]
        own = [one for one in held_out if not one["id"].endswith(":s1")]  # after its own question
        mine = [one for one in own if one["arm"] == arm]
        return sum(one["loss"] for one in mine) / sum(one["tokens"] for one in mine)

    loss = results["measures"]["loss_per_token"]
    assert loss["base"] == pytest.approx(per_token("base"))
    assert loss["tuned"] == pytest.approx(per_token("tuned"))
    assert loss["diff"] == pytest.approx(per_token("tuned") - per_token("base"))
    assert loss["baseline"] == pytest.approx(per_token("unigram"))
    assert loss["baseline"] < log(300)  # frequencies know more than nothing
    assert loss["ci95"][0] <= loss["diff"] <= loss["ci95"][1]
    assert (loss["n_videos"], loss["n_rows"]) == (4, 12)

    ended = results["measures"]["ended"]
    for arm in ("base", "tuned"):
        mine = [one["finish_reason"] == "stop" for one in answers if one["arm"] == arm]
        assert len(mine) == 6
        assert ended[arm] == pytest.approx(sum(mine) / len(mine))

    shown = {one["id"]: one for one in results["questions"]}
    for one in answers:
        assert shown[one["id"]][one["arm"]]["text"] == one["text"]


def test_the_controls_were_checked(workspace, outcome):
    results = json.loads((newest_run(workspace) / "evaluation_results.json").read_text())

    assert results["controls"] == {
        "test_videos": 4,
        "shared_videos": 0,
        "shared_rows": 0,
        "largest_shift": pytest.approx(results["controls"]["largest_shift"]),
        "trained_tokens": 200,
        "ends_learned": 1.0,
        "heeds_train": results["controls"]["heeds_train"],
        "heeds_held_out": results["controls"]["heeds_held_out"],
        "template_same": True,
        "not_finite": 0,
        "seed_noise": None,
    }
    assert results["controls"]["largest_shift"] > 1e-3
    assert results["controls"]["heeds_train"]["n_rows"] == 12


@pytest.mark.parametrize(("part", "name"), [("train", "heeds_train"), ("test", "heeds_held_out")])
def test_what_questions_tell_follows_from_the_raw_lines(workspace, outcome, part, name):
    """Value and interval, recomputed from the lines on disk without any of the package's code."""
    run = newest_run(workspace)
    found = json.loads((run / "evaluation_results.json").read_text())["controls"][name]
    lines = [json.loads(line) for line in (run / "scores.jsonl").read_text().splitlines()]
    loss = {one["id"]: one for one in lines if one["arm"] == "base"}
    own = [one for key, one in loss.items() if key.startswith(part) and not key.endswith(":s1")]
    videos = list(dict.fromkeys(one["id"].partition(":")[0] for one in own))
    totals = np.zeros((len(videos), 2))
    for one in own:
        gain = loss[f"{one['id']}:s1"]["loss"] - one["loss"]
        totals[videos.index(one["id"].partition(":")[0])] += gain, one["tokens"]

    value = totals[:, 0].sum() / totals[:, 1].sum()
    count = len(videos)
    drawn = np.random.default_rng(SETTINGS.seed).multinomial(
        count, [1 / count] * count, size=SETTINGS.resamples
    )
    sums = drawn @ totals
    stretch = (count / (count - 1)) ** 0.5 * t.ppf(0.975, count - 1) / norm.ppf(0.975)
    ends = value + (np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975]) - value) * stretch

    assert (found["n_videos"], found["n_rows"]) == (count, 12)
    assert found["value"] == pytest.approx(value)
    assert found["ci95"] == pytest.approx(ends)


def test_the_report_names_run_commands_and_verdict(workspace, outcome):
    page = (newest_run(workspace) / "report.html").read_text()
    results = json.loads((newest_run(workspace) / "evaluation_results.json").read_text())

    assert f'<span class="word">{results["verdict"]}</span>' in page
    assert "understudy train --config config/bees.yaml" in page
    assert f"git checkout {'a' * 40}" in page
    assert str(workspace.root) not in page
    assert str(workspace.root) not in json.dumps(results)


def test_a_second_time_it_is_cached(workspace, outcome):
    again = evaluated(workspace)

    assert again.name == "Cached"
    assert unwrap(again).cached
    assert unwrap(again).account.reused == 12
    assert unwrap(again).files == outcome.files


class Reader:
    """A judge that likes the longer answer, whichever stands first, and says so."""

    def __init__(self):
        self.fingerprint = {"judge.version": "test"}
        self.shown = []

    async def judge(self, pairs):
        self.shown.append(pairs)
        return tuple(
            Judgement(
                id=one.id, judge="reader", base_first=side, tuned_first=side, why=("so", "so")
            )
            for one in pairs[1:]
            for side in ("tuned" if len(one.tuned) >= len(one.base) else "base",)
        )


def test_a_judge_is_shown_the_answers_on_disk_and_decides_nothing(workspace, outcome):
    run, judge = newest_run(workspace), Reader()
    before = json.loads((run / "evaluation_results.json").read_text())
    asked = SETTINGS.judge.model_copy(update={"questions": 4})
    settings = SETTINGS.model_copy(update={"judge": asked})

    made = unwrap(evaluated(workspace, settings, judge=judge))
    again = evaluated(workspace, settings, judge=judge)

    results = json.loads((run / "evaluation_results.json").read_text())
    lines = [json.loads(line) for line in (run / "judgements.jsonl").read_text().splitlines()]
    answers = [json.loads(line) for line in (run / "generations.jsonl").read_text().splitlines()]
    (pairs,) = judge.shown  # once: a fresh evaluation asks nobody
    for one in pairs:
        told = {line["arm"]: line["text"] for line in answers if line["id"] == one.id}
        assert (one.base, one.tuned) == (told["base"], told["tuned"])
    assert len({one.video_id for one in pairs}) == 4
    assert "judgements.jsonl" in made.files
    assert again.name == "Cached"
    assert [one["id"] for one in lines] == [one.id for one in pairs[1:]]
    won = [line["base_first"] == "tuned" for line in lines]
    assert results["measures"]["judge_preference"]["tuned"] == pytest.approx(sum(won) / 3)
    assert results["judging"]["shown"] == 4
    assert results["verdict"] == before["verdict"]
    assert "reader compared the answers" in (run / "report.html").read_text()


def test_a_missing_base_is_named(workspace, outcome):
    folder = workspace.root / "models" / "tiny"
    folder.rename(folder.with_name("moved"))
    try:
        with pytest.raises(BaseModelError, match="models/tiny"):
            evaluated(workspace)
    finally:
        folder.with_name("moved").rename(folder)


def test_without_a_training_it_says_what_to_do(tmp_path):
    with pytest.raises(EvaluationError, match="run `understudy train` first"):
        newest_run(Workspace(root=tmp_path, channel="bees"))


def test_a_dataset_that_is_gone_is_named(workspace, outcome):
    folder = workspace.datasets / "d1"
    folder.rename(folder.with_name("moved"))
    try:
        with pytest.raises(EvaluationError, match="data/bees/dataset/d1"):
            dataset_of(newest_run(workspace), workspace)
    finally:
        folder.with_name("moved").rename(folder)


def test_a_child_that_fails_becomes_an_error_that_says_what_is_kept(workspace, outcome):
    run = newest_run(workspace)
    adapter = run / "adapters.safetensors"
    whole = adapter.read_bytes()
    adapter.write_bytes(b"no weights")
    try:
        with pytest.raises(EvaluationError, match="is kept, the same command goes on"):
            evaluated(workspace)
    finally:
        adapter.write_bytes(whole)


def test_another_limit_answers_again_and_scores_nothing_again(workspace, outcome):
    run = newest_run(workspace)
    before = (run / "scores.jsonl").read_bytes()
    told = []

    unwrap(
        evaluated(
            workspace,
            SETTINGS.model_copy(update={"max_tokens": 3}),
            progress=lambda done, total: told.append((done, total)),
        )
    )

    assert (run / "scores.jsonl").read_bytes() == before
    assert told[0] == (84, 96)
    assert told[-1] == (96, 96)
