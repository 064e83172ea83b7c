"""The lint's table and its corrected files against the mlx-lm that is installed."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from mlx_lm import lora

from tests.support.mlx_lm_files import SHAPES
from understudy.lint.correcting import correct
from understudy.lint.judging import effective_settings, lint
from understudy.lint.keys import DEFAULTS, LORA_KEYS
from understudy.lint.reading import read

OTHERS = [
    "clear_cache_threshold: 9\nlearning_rate: 1e-5\nseed: null\ntrain: yes\n",
    "learning_rate: 1_000\niters: 0o7\nmodel: 1e3\nval_batches: 1:30\n",
]


@pytest.fixture
def parsed(monkeypatch, tmp_path):
    """What mlx-lm's own `main` makes of a file."""

    def parse(text: str) -> dict:
        file, seen = tmp_path / "c.yaml", []
        file.write_text(text)
        monkeypatch.setattr(lora, "run", seen.append)
        monkeypatch.setattr(sys, "argv", ["mlx_lm.lora", "--config", str(file)])
        lora.main()
        return vars(seen[0])

    return parse


def test_the_table_of_keys_is_that_of_the_installed_version():
    assert dict(DEFAULTS) == lora.CONFIG_DEFAULTS
    assert {"rank", "scale", "dropout"} < set(LORA_KEYS)


@pytest.mark.parametrize("text", [*SHAPES, *OTHERS])
def test_the_effective_settings_are_those_that_mlx_lm_hands_on(parsed, text):
    theirs = parsed(text)

    ours = effective_settings(read(text, where="c").values)

    assert {key: theirs[key] for key in DEFAULTS if key != "config"} == {
        key: ours[key] for key in DEFAULTS if key != "config"
    }


@pytest.mark.parametrize("text", SHAPES)
def test_each_key_of_the_corrected_file_arrives_as_it_is_written(parsed, text):
    corrected = correct(lint(text))

    theirs = parsed(corrected.text("c.yaml"))

    assert corrected.values
    assert {key: theirs[key] for key in corrected.values} == corrected.values
    assert isinstance(theirs["learning_rate"], float)


def test_mlx_lm_trains_a_corrected_file(tiny_base, tiny_dataset, tmp_path, parsed):
    text = (
        f"model: {tiny_base}\ndata: {tiny_dataset}\ntrain: true\nnum_layers: 2\niters: '2'\n"
        f"adapter-path: {tmp_path / 'a'}\nlora-rank: 3\nlora_alpha: 6\nlearning_rate: '1e-4'\n"
        "batch_size: 1\nsteps_per_evl: 4\nval_batches: 1\n"
    )
    args = SimpleNamespace(**parsed(correct(lint(text)).text("c.yaml")))
    model, tokenizer = lora.load(args.model)
    train, valid, _ = lora.load_dataset(args, tokenizer)

    lora.train_model(args, model, train, valid)

    adapted = [module for _, module in model.named_modules() if "lora_a" in module]
    assert {(one.lora_a.shape[1], one.scale) for one in adapted} == {(3, 2.0)}
