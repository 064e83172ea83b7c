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
