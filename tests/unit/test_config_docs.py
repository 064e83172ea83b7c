"""What docs/CONFIG.md says of each setting is so; that it is up to date is in test_configs.py."""

from __future__ import annotations

import pytest

from tests.support.teachers import make_settings, make_workspace
from understudy.cli.explain import REFERENCE
from understudy.settings import explain
from understudy.settings.loading import read_yaml
from understudy.settings.remaking import REMAKES
from understudy.teacher.openai_teacher import fingerprint_of
from understudy.teacher.opening import prompts_of
from understudy.teacher.side_jobs import ANSWER_JUDGING, ROW_AUDIT, VARIANT_WRITING


def test_the_order_is_that_of_the_reference_config(root):
    def keys(raw, prefix=""):
        for key, value in raw.items():
            inside = isinstance(value, dict)
            yield from keys(value, f"{prefix}{key}.") if inside else [f"{prefix}{key}"]

    config = read_yaml(root / "config" / f"{REFERENCE}.yaml")

    assert [one.key for one in explain()] == list(keys(config))


@pytest.mark.parametrize("setting", explain(), ids=lambda one: one.key)
def test_every_setting_says_what_it_means_in_a_sentence(setting):
    assert len(setting.help.split()) >= 2
    assert setting.help.endswith(".")


def test_limits_and_units_are_those_that_are_checked():
    shapes = {one.key: one.shape for one in explain()}

    assert shapes["dedup.threshold"] == "float, 0 to 1"
    assert shapes["train.lora.dropout"] == "float, ≥ 0, < 1"
    assert shapes["teacher.budget_usd"] == "float | null, > 0, US dollars"
    assert shapes["source.max_videos"] == "int | null, ≥ 1"
    assert shapes["transcripts.pause_s"] == "float, ≥ 0, seconds"
    assert shapes["transcripts.languages"] == "list of str, length ≥ 1"


def test_what_is_said_to_be_made_again_is_said_of_keys_that_there_are():
    keys = {one.key for one in explain()}
    sections = {key.rpartition(".")[0] for key in keys}

    assert REMAKES.keys() <= keys | sections


OTHERWISE = {"base_url": "http://127.0.0.1:2/v1", "structured": "text", "mode": "batch",
             "reasoning_effort": "high", "model": "another", "api_key_env": "ANOTHER_KEY",
             "prompt": "config/prompts/audit.md"}  # fmt: skip


def changed(key, value):
    """Another value that fits."""
    name = key.rpartition(".")[2]
    return OTHERWISE.get(name, (value or 0) + 1 if not isinstance(value, str) else f"{value}x")


def nested(key, value):
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


@pytest.mark.parametrize(
    "setting",
    [one for one in explain("teacher") if one.key not in {"teacher.kind", "teacher.prices"}],
    ids=lambda one: one.key,
)
def test_a_paid_teacher_is_another_one_where_the_document_says_so(tmp_path, setting):
    workspace = make_workspace(tmp_path)

    def prints(settings):
        return (
            fingerprint_of(settings.teacher, prompts_of(settings, workspace)),
            VARIANT_WRITING.fingerprint(settings, workspace),
            ROW_AUDIT.fingerprint(settings, workspace),
            ANSWER_JUDGING.fingerprint(settings, workspace),
        )

    before = make_settings("http://127.0.0.1:1/v1")
    value = before.teacher
    for part in setting.key.split(".")[1:]:
        value = getattr(value, part)
    after = make_settings("http://127.0.0.1:1/v1", nested(setting.key, changed(setting.key, value)))

    differ = [one != other for one, other in zip(prints(before), prints(after), strict=True)]
    assert differ == [
        "questions" in setting.remakes,
        "augment" in setting.remakes,
        "audit" in setting.remakes,
        "evaluate" in setting.remakes,
    ]
