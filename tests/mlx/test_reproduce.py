"""A real run, trained again: identical as it is, and each of five planted changes is named."""

from __future__ import annotations

import json
import shutil

import mlx.core as mx
import pytest

from tests.support.tiny import make_base, make_dataset, tiny_spec
from understudy.accounting import account
from understudy.artifacts import read_record, write_json
from understudy.blas import blas_name
from understudy.errors import DataError
from understudy.models import base_digests
from understudy.runs import reproduce
from understudy.runs.outcome import REPRODUCTION, Reproduced
from understudy.runs.reproduce import prepare, repeat
from understudy.training.materials import part_digests
from understudy.training.run import train
from understudy.training.runs import new_run, publish_run, run_recipe
from understudy.training.spec import TrainSpec


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project with one finished run."""
    root = tmp_path_factory.mktemp("project")
    (root / "requirements.lock").write_text("mlx==0.32\n")
    base = make_base(root / "models" / "tiny")
    dataset = make_dataset(root / "data" / "demo" / "dataset" / "0123456789ab")
    spec = tiny_spec(base, dataset, root / "run", epochs=1)
    made_by = run_recipe(
        spec.settings,
        dataset=part_digests(dataset),
        base=base_digests(base),
        system_prompt=None,
    )
    folder = new_run(root / "models" / "demo", made_by)
    named = {"root": root, "folder": folder, "dataset_name": str(dataset.relative_to(root))}
    own = {"dataset_digests": part_digests(dataset), "blas": blas_name()}
    train(spec.model_copy(update={**named, **own}), lambda event: None, lambda: False)
    publish_run(folder, made_by, account("train", "update", produced=6))
    return folder


@pytest.fixture
def run(trained, tmp_path):
    """A copy of the project, to plant things in."""
    root = tmp_path / "project"
    shutil.copytree(trained.parents[2], root)
    return root / trained.relative_to(trained.parents[2])


def named(run):
    return [one.name for one in prepare(run.parents[2], run).differences if one.decides]


@pytest.fixture
def in_this_process(monkeypatch):
    async def run_child(module, spec, *, folder, on_event):
        train(TrainSpec.model_validate(spec), on_event, lambda: False)

    monkeypatch.setattr(reproduce, "run_child", run_child)


def test_an_unchanged_run_comes_out_identical(run, in_this_process):
    repetition = prepare(run.parents[2], run)

    found = repeat(repetition, lambda event: None)

    assert repetition.differences == ()
    assert (found.outcome, found.largest_difference) == ("identical", 0.0)
    assert read_record(run / REPRODUCTION, Reproduced) == found
    assert not list(run.glob(".part-*"))


def test_another_row_in_the_dataset_is_named(run):
    with (run.parents[2] / "data/demo/dataset/0123456789ab/train.jsonl").open("a") as stream:
        stream.write("{}\n")

    assert named(run) == ["the dataset's train.jsonl"]


def test_another_weight_in_the_base_is_named(run):
    path = run.parents[2] / "models/tiny/model.safetensors"
    weights = mx.load(str(path))
    weights["model.norm.weight"] = weights["model.norm.weight"] * 1.5
    mx.save_safetensors(str(path), weights)

    assert named(run) == ["the base's weights"]


def test_another_chat_template_is_named(run):
    path = run.parents[2] / "models/tiny/tokenizer_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "chat_template": config["chat_template"] + " "}))

    assert named(run) == ["the base's tokenizer", "the base's chat template"]


def test_another_setting_is_named(run):
    metadata = json.loads((run / "run_metadata.json").read_text())
    metadata["hyperparameters"]["lora"]["scale"] = 40.0
    write_json(run / "run_metadata.json", metadata)

    assert named(run) == ["the setting train.lora.scale"]


def test_another_package_and_another_lock_are_named(run):
    metadata = json.loads((run / "run_metadata.json").read_text())
    metadata["environment"]["packages"]["mlx-lm"] = "0.1"
    write_json(run / "run_metadata.json", metadata)
    (run.parents[2] / "requirements.lock").write_text("mlx==0.33\n")

    assert named(run) == ["the package mlx-lm", "the lock file"]


def test_a_run_that_cannot_be_trained_again_says_why(run):
    metadata = json.loads((run / "run_metadata.json").read_text())
    metadata["hyperparameters"]["of_later"] = 1
    write_json(run / "run_metadata.json", metadata)

    with pytest.raises(DataError, match="another version"):
        prepare(run.parents[2], run)
    shutil.rmtree(run.parents[2] / "data")
    with pytest.raises(DataError, match="not on disk"):
        prepare(run.parents[2], run)
