"""Bases are checked before hours are spent, and named by what is in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from understudy.errors import BaseModelError
from understudy.models import base_digests, chat_template, check_base, find_base


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    return folder


def test_a_whole_base_passes(base):
    check_base(base)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("config.json", "no config.json"),
        ("model.safetensors", "no weights"),
        ("tokenizer.json", "no tokenizer"),
        ("tokenizer_config.json", "no chat template"),
    ],
)
def test_what_is_missing_is_named(base, missing, message):
    (base / missing).unlink()

    with pytest.raises(BaseModelError, match=message):
        check_base(base)


def test_a_shard_that_the_index_names_and_that_is_not_there_is_named(base):
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (base / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    (base / "model.safetensors").rename(base / shards["a"])

    with pytest.raises(BaseModelError, match=r"tiny lacks model-00002-of-00002\.safetensors"):
        check_base(base)


def test_a_download_that_was_cut_off_is_fetched_again(base, tmp_path, monkeypatch):
    half = tmp_path / "half"
    half.mkdir()
    (half / "config.json").write_text('{"model_type": "llama"}')

    def snapshot(_name, *, local_files_only=False, **_options):
        return str(half if local_files_only else base)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)

    assert find_base("org/name", tmp_path) == base


def test_a_template_in_its_own_file_counts(base):
    (base / "tokenizer_config.json").unlink()
    (base / "chat_template.jinja").write_text("{{ messages }}")

    check_base(base)


def test_a_list_of_templates_counts(base):
    named = [{"name": "default", "template": "{{ messages }}"}]
    (base / "tokenizer_config.json").write_text(json.dumps({"chat_template": named}))

    assert "default" in chat_template(base)


def test_unreadable_json_is_said(base):
    (base / "config.json").write_text("{")

    with pytest.raises(BaseModelError, match=r"tiny/config\.json cannot be read"):
        check_base(base)


def test_a_folder_that_is_not_there_is_said_without_asking_the_network(tmp_path):
    with pytest.raises(BaseModelError, match=r"no base model at models/nothing"):
        find_base("models/nothing", tmp_path)


def test_a_folder_is_found_relative_to_the_root(base, tmp_path):
    assert find_base("models/tiny", tmp_path) == base


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("model.safetensors", "weights"),
        ("config.json", "config"),
        ("tokenizer.json", "tokenizer"),
        ("chat_template.jinja", "template"),
    ],
)
def test_a_change_of_a_file_changes_its_digest_alone(base, tmp_path, file, part):
    other = tmp_path / "copy"
    shutil.copytree(base, other)
    (other / file).write_text('{"other": 1}')

    before, after = base_digests(base).model_dump(), base_digests(other).model_dump()

    assert {name for name in before if before[name] != after[name]} == {part}
