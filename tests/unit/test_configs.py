"""Every committed config is complete, exact and usable."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from understudy.cli.explain import reference_of
from understudy.settings import channel_files, explain, load_settings
from understudy.settings.loading import read_yaml

CONFIGS = channel_files(Path(__file__).resolve().parents[2])
KEYS = {one.key for one in explain()}


def leaves(raw, prefix=""):
    for key, value in raw.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def named(path):
    return path.stem


def test_the_reference_channel_and_the_demo_are_among_them():
    assert {"jason_fung", "demo"} <= {path.stem for path in CONFIGS}


def test_a_config_that_cannot_be_used_is_a_channel_s_all_the_same(tmp_path):
    """Who chooses it is told what is wrong with it."""
    (tmp_path / "config").mkdir()
    for name, text in (("mine", "# of mine\nchannel: [\n"), ("prices", "updated: 2026-11-01\n")):
        (tmp_path / "config" / f"{name}.yaml").write_text(text)

    assert [path.stem for path in channel_files(tmp_path)] == ["mine"]


@pytest.mark.parametrize("path", CONFIGS, ids=named)
def test_a_config_loads(path):
    assert load_settings(path).channel.name


@pytest.mark.parametrize("path", CONFIGS, ids=named)
def test_a_config_holds_every_key_and_no_other(path):
    assert {key for key, _ in leaves(read_yaml(path))} == KEYS


@pytest.mark.parametrize("path", CONFIGS, ids=named)
def test_a_config_reads_the_same_to_every_yaml_reader(path):
    """Our reader is stricter than PyYAML's: nothing in a config may depend on which one reads."""
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == read_yaml(path)


def test_no_two_configs_share_a_channel_folder():
    names = [load_settings(path).channel.name for path in CONFIGS]

    assert len(names) == len(set(names))


def test_the_document_of_the_settings_is_what_the_generator_makes(root):
    committed = (root / "docs" / "CONFIG.md").read_text(encoding="utf-8")

    assert committed == reference_of(root), "run `understudy explain --markdown > docs/CONFIG.md`"


@pytest.mark.parametrize("path", CONFIGS, ids=named)
def test_the_files_a_config_names_are_there(path, root):
    settings = load_settings(path)

    prompts = [section.prompt for section in (settings.teacher, settings.questions,
               settings.answers, settings.audit, settings.augment,
               settings.evaluate.judge)]  # fmt: skip
    for named_file in (*prompts, settings.teacher.prices):
        assert (root / named_file).is_file(), named_file


def test_the_reference_channel_holds_the_seed_values():
    """The table of the seed audit, corrected; a change here is a decision (docs/DECISIONS.md)."""
    settings = load_settings(next(path for path in CONFIGS if path.stem == "jason_fung"))
    train, lora = settings.train, settings.train.lora

    assert settings.source.channel == "@DrJasonFung/videos"
    assert (settings.teacher.max_concurrent, settings.teacher.max_retries) == (20, 3)
    assert settings.teacher.retry_delay_s == 2.0
    assert (settings.questions.minimum, settings.questions.maximum) == (5, 15)
    assert (settings.split.train, settings.split.valid, settings.split.test) == (0.8, 0.1, 0.1)
    assert settings.dedup.threshold == 0.85
    assert train.base == "mlx-community/Llama-3.2-3B-Instruct"
    assert (train.batch_size, train.gradient_accumulation_steps, train.epochs) == (1, 8, 2)
    assert (train.max_seq_length, train.max_truncated_share) == (1024, 0)
    assert (lora.layers, lora.rank, lora.scale, lora.dropout) == (12, 8, 20.0, 0.1)
