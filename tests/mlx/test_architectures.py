"""Each architecture's whole way: train, resume, fuse, reload, under a template of its real style."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten, tree_unflatten
from mlx_lm.utils import load

from tests.support.architectures import ARCHITECTURES, TEMPLATES
from tests.support.tiny import chat, make_base, train_tiny
from understudy.artifacts import read_jsonl
from understudy.inference import LoadedModel
from understudy.training.metrics import LINES, Metrics

pytestmark = pytest.mark.campaign  # MLX compiles kernels of its own for each architecture

SYSTEM = "Repeat."
PROMPT = chat("a?", "", system=SYSTEM)[:-1]
SETTINGS = {"epochs": 0.5, "eval_every": 1, "learning_rate": 1e-2, "system_prompt": SYSTEM}
"""11 rows in windows of 4: three updates."""


@pytest.fixture(scope="module", params=ARCHITECTURES)
def trained(request, tmp_path_factory, tiny_dataset) -> tuple[Path, Path, list[str]]:
    """Base, run and the notes of a training that was stopped after two updates and went on."""
    folder = tmp_path_factory.mktemp(request.param)
    base = make_base(folder / "base", ARCHITECTURES[request.param], TEMPLATES[request.param])
    events: list[dict] = []

    def two_done() -> bool:
        return events[-1] == {"event": "update", "update": 2, "updates": 3}

    run = folder / "run"
    first = train_tiny(base, tiny_dataset, run, send=events.append, stopping=two_done, **SETTINGS)
    second = train_tiny(base, tiny_dataset, run, **SETTINGS)
    assert (first.ending, first.updates) == ("interrupted", 2)
    assert (second.ending, second.updates) == ("finished", 3)
    return base, run, events[0]["notes"]


def test_the_loss_falls_in_every_update_and_nothing_is_left_to_a_slower_path(trained):
    _, run, notes = trained
    lines = read_jsonl(run / LINES, Metrics)

    losses = [one.val_loss for one in lines]
    assert [one.iteration for one in lines] == [0, 1, 2, 3]
    assert losses == sorted(losses, reverse=True)
    assert notes == []


def test_fused_and_loaded_again_it_gives_the_same_logits(trained, tmp_path):
    base, run, _ = trained
    tuned = LoadedModel.load(base, run)
    expected = tuned.logits(PROMPT)
    tuned.adapter(on=False)
    before = tuned.logits(PROMPT)

    model = load(str(base), adapter_path=str(run))[0]
    fused = [(name, one.fuse()) for name, one in model.named_modules() if hasattr(one, "fuse")]
    model.update_modules(tree_unflatten(fused))
    shutil.copytree(base, tmp_path / "fused")
    mx.save_safetensors(
        str(tmp_path / "fused" / "model.safetensors"), dict(tree_flatten(model.parameters()))
    )
    found = LoadedModel.load(tmp_path / "fused").logits(PROMPT)

    scale = float(mx.abs(expected).max())
    assert float(mx.abs(found - expected).max()) <= 1e-5 * scale
    assert float(mx.abs(before - expected).max()) > 1e-2 * scale
    assert "lora" not in json.dumps([name for name, _ in tree_flatten(model.parameters())])
