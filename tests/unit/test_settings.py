"""The settings refuse what they do not understand, and say it in the user's words."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from understudy.errors import ConfigError
from understudy.settings import (
    Overrides,
    Settings,
    explain,
    load_settings,
    override,
    parse_assignments,
    settings_from,
)
from understudy.settings.loading import read_yaml
from understudy.settings.section import Section

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo.yaml"
RAW = read_yaml(DEMO)


def refusal(changes):
    """What the user reads when the demo's settings are changed like this."""
    with pytest.raises(ConfigError) as caught:
        settings_from(RAW, where="config/demo.yaml", overrides=changes)
    return str(caught.value)


def without(*path):
    raw = copy.deepcopy(RAW)
    inside = raw
    for key in path[:-1]:
        inside = inside[key]
    del inside[path[-1]]
    return raw


# --- keys and values -----------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "key", "nearest"),
    [
        ({"train": {"learning_rat": 1}}, "train.learning_rat", "train.learning_rate"),
        ({"train": {"lora": {"rnak": 8}}}, "train.lora.rnak", "train.lora.rank"),
        ({"qestions": {}}, "qestions", "questions"),
        ({"learning_rate": 1e-4}, "learning_rate", "train.learning_rate"),
        ({"train": {"rank": 8}}, "train.rank", "train.lora.rank"),
        (
            {"transcripts": {"breaker": {"pause": 1}}},
            "transcripts.breaker.pause",
            "transcripts.breaker.pause_s",
        ),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_one(changes, key, nearest):
    message = refusal(changes)

    assert "config/demo.yaml" in message
    assert f"{key}: unknown key; did you mean {nearest}?" in message


def test_a_key_that_resembles_none_gets_the_list_of_valid_ones():
    assert "valid here: dedup.threshold, dedup.normalise, dedup.max_cluster" in refusal(
        {"dedup": {"zzz": 1}}
    )


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"train": {"batch_size": "4"}}, "train.batch_size"),
        ({"train": {"batch_size": 4.0}}, "train.batch_size"),
        ({"train": {"batch_size": True}}, "train.batch_size"),
        ({"train": {"batch_size": 0}}, "train.batch_size"),
        ({"train": {"mask_prompt": "yes"}}, "train.mask_prompt"),
        ({"train": {"mask_prompt": 1}}, "train.mask_prompt"),
        ({"train": {"learning_rate": "fast"}}, "train.learning_rate"),
        ({"train": {"epochs": math.inf}}, "train.epochs"),
        ({"train": {"epochs": math.nan}}, "train.epochs"),
        ({"train": None}, "train"),
        ({"train": {"lora": 5}}, "train.lora"),
        ({"split": {"salt": 42}}, "split.salt"),
        ({"dedup": {"threshold": 85}}, "dedup.threshold"),
        ({"source": {"kind": "youtub"}}, "source.kind"),
        ({"source": {"tabs": "videos"}}, "source.tabs"),
        ({"transcripts": {"languages": []}}, "transcripts.languages"),
        ({"teacher": {"api_key_env": "sk-live-1"}}, "teacher.api_key_env"),
        ({"channel": {"name": "../elsewhere"}}, "channel.name"),
        ({"channel": {"name": "demo\n"}}, "channel.name"),
        ({"channel": {"name": ""}}, "channel.name"),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_its_key(changes, key):
    message = refusal(changes)

    assert f"\n  {key}: " in message
    assert "got " in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"split": {"train": 0.5}}, "split: train + valid + test must be 1, got 0.9"),
        ({"split": {"test": 0, "train": 0.85}}, "without them nothing can be proven"),
        ({"questions": {"minimum": 20}}, "questions: minimum 20 is over maximum 15"),
        ({"source": {"folder": None}}, "source: kind folder needs folder"),
        ({"source": {"kind": "youtube"}}, "source: kind youtube needs channel or video_ids"),
        ({"channel": {"name": "sample"}}, "'sample' is the name of a committed folder"),
    ],
)
def test_values_that_contradict_each_other_are_refused(changes, words):
    assert words in refusal(changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"train": {"lora": {"alpha": 16}}},
        {"train": {"alpha": 16}},
        {"train": {"lora_alpha": 16}},
        {"lora_alpha": 16},
    ],
)
def test_alpha_is_refused_with_an_explanation(changes):
    message = refusal(changes)

    assert "alpha does not exist in mlx-lm: the update is scale x B x A" in message
    assert "`scale: <that quotient>` under train.lora" in message


def test_all_problems_are_named_at_once():
    message = refusal({"train": {"epochs": 0, "batch_sise": 1}, "dedup": {"threshold": 2}})

    assert all(
        key in message for key in ("train.epochs", "train.batch_sise", "dedup.threshold: ")
    ), message


@pytest.mark.parametrize("path", [("train", "seed"), ("train", "lora", "rank"), ("floors",)])
def test_a_missing_key_is_named(path):
    with pytest.raises(ConfigError, match=rf"\n  {'.'.join(path)}: missing"):
        settings_from(without(*path), where="config/demo.yaml")


def test_the_settings_cannot_be_changed_afterwards():
    settings = load_settings(DEMO)

    with pytest.raises(ValidationError):
        settings.train.epochs = 1


# --- the file ------------------------------------------------------------------


def written(tmp_path, text):
    path = tmp_path / "channel.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("1e-5", 1e-5),
        ("1.0e-5", 1e-5),
        ("5E3", 5000.0),
        (".5", 0.5),
        ("-3", -3),
        ("0", 0),
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("2025-11-01", "2025-11-01"),
        ("1:30", "1:30"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("null", None),
        ('"42"', "42"),
    ],
)
def test_a_scalar_is_what_it_looks_like(tmp_path, scalar, value):
    read = read_yaml(written(tmp_path, f"key: {scalar}\n"))["key"]

    assert read == value
    assert type(read) is type(value)


def test_an_octal_looking_number_is_refused_and_not_read_as_eight(tmp_path):
    path = written(
        tmp_path, DEMO.read_text(encoding="utf-8").replace("batch_size: 8", "batch_size: 010")
    )

    with pytest.raises(ConfigError, match=r"train\.batch_size: .*'010'"):
        load_settings(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train: {epochs: 1, epochs: 2}\n", "the key 'epochs' stands twice"),
        ("train: {}\ndedup: {}\ntrain: {}\n", "the key 'train' stands twice"),
        ("[1]: 2\n", "a key must be a word"),
        ("? {a: b}\n: 2\n", "a key must be a word"),
        ("train: [1\n", "is not YAML"),
        ("a: *nothing\n", "is not YAML"),
        ("a: !!python/object/apply:os.getcwd []\n", "is not YAML"),
        ("a: \x01\n", "is not YAML"),
        ("[" * 600, "is not YAML"),  # deeper than Python recurses
        ("", "must hold sections"),
        ("- train\n", "must hold sections"),
    ],
)
def test_a_file_that_is_no_settings_file_is_named(tmp_path, text, words):
    path = written(tmp_path, text)

    with pytest.raises(ConfigError) as caught:
        load_settings(path)

    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_a_missing_file_is_named_with_its_neighbour():
    with pytest.raises(ConfigError, match=r"demp\.yaml; did you mean demo\.yaml\?"):
        load_settings(DEMO.with_name("demp.yaml"))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"channel: \xe9\n"])
def test_a_file_that_is_not_utf8_is_named(tmp_path, content):
    path = tmp_path / "latin.yaml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"latin\.yaml"):
        load_settings(path)


def test_a_folder_is_no_settings_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the settings file"):
        load_settings(tmp_path)


# --- overriding ----------------------------------------------------------------


def test_an_override_changes_its_leaf_and_nothing_else():
    before = settings_from(RAW, where="demo").model_dump()

    after = settings_from(RAW, where="demo", overrides={"train": {"lora": {"rank": 4}}})

    before["train"]["lora"]["rank"] = 4
    assert after.model_dump() == before


def test_null_overrides_a_value_that_may_be_null():
    after = settings_from(RAW, where="demo", overrides=parse_assignments(["train.clip_norm=null"]))

    assert RAW["train"]["clip_norm"] is not None
    assert after.train.clip_norm is None


def test_overriding_leaves_its_input_alone():
    before = copy.deepcopy(RAW)

    override(RAW, {"train": {"lora": {"rank": 4}}})

    assert before == RAW


@pytest.mark.parametrize(
    ("assignment", "nested"),
    [
        ("train.learning_rate=1e-5", {"train": {"learning_rate": 1e-5}}),
        ("train.lora.rank=8", {"train": {"lora": {"rank": 8}}}),
        (" train.seed =1", {"train": {"seed": 1}}),
        ("split.salt='1=2'", {"split": {"salt": "1=2"}}),
        ("split.salt=no", {"split": {"salt": "no"}}),
        ("source.video_ids=[a, b]", {"source": {"video_ids": ["a", "b"]}}),
        ("train.lora={rank: 4}", {"train": {"lora": {"rank": 4}}}),
        ("teacher.base_url=http://127.0.0.1:1/v1", {"teacher": {"base_url": "http://127.0.0.1:1/v1"}}),
        ("teacher.base_url=", {"teacher": {"base_url": None}}),
    ],
)  # fmt: skip
def test_an_assignment_becomes_a_nested_override(assignment, nested):
    assert parse_assignments([assignment]) == nested


def test_assignments_add_up_and_the_last_one_wins():
    nested = parse_assignments(["train.seed=1", "train.lora.rank=2", "train.seed=3"])

    assert nested == {"train": {"seed": 3, "lora": {"rank": 2}}}


@pytest.mark.parametrize(
    "assignment", ["train.epochs", "=3", "  =3", "train.epochs=[", "a={b: *c}"]
)
def test_an_assignment_that_is_none_is_quoted(assignment):
    with pytest.raises(ConfigError, match="--set"):
        parse_assignments([assignment])


trees = st.recursive(
    st.integers(),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(st.sampled_from("abc"), trees, max_size=3)


@given(mappings, mappings)
def test_overriding_twice_changes_nothing_more(raw, changes):
    once = override(raw, changes)

    assert override(once, changes) == once


@given(mappings)
def test_overriding_with_nothing_or_with_itself_changes_nothing(raw):
    assert override(raw, {}) == raw
    assert override(raw, raw) == raw


# --- the form's twin -----------------------------------------------------------


def pairs(model, twin, prefix=""):
    """Every setting with its counterpart in the twin, sections included."""
    for name, info in model.model_fields.items():
        other = twin.model_fields[name]
        yield f"{prefix}{name}", info, other
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            yield from pairs(info.annotation, other.annotation, f"{prefix}{name}.")


def test_the_twin_has_every_key_and_no_other():
    twin = [key for key, _, _ in pairs(Settings, Overrides)]
    schema = Overrides.model_json_schema()

    assert set(schema["properties"]) == set(Settings.model_fields)
    for section in schema["$defs"].values():
        assert section["additionalProperties"] is False
    assert len(twin) == len(set(twin)) > len(explain())


def test_the_twin_shows_every_help_text():
    for key, info, other in pairs(Settings, Overrides):
        if info.description:
            assert other.description == info.description, key


def bounds_of(schema):
    """The limits of one property, wherever `anyOf` puts them; whether null fits is another matter."""
    merged = {}
    for option in schema.get("anyOf", [schema]):
        if option.get("type") != "null":
            merged |= {
                k: v for k, v in option.items() if k not in {"title", "description", "default"}
            }
    return merged


def properties(schema, defs, prefix=""):
    for name, one in schema["properties"].items():
        reference = one.get("$ref")
        if reference:
            yield from properties(defs[reference.rpartition("/")[2]], defs, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", bounds_of(one)


def test_the_form_states_the_same_bounds_and_choices():
    schema, twin = Settings.model_json_schema(), Overrides.model_json_schema()

    shown = dict(properties(twin, twin["$defs"]))
    for key, bounds in properties(schema, schema["$defs"]):
        # A switch is a choice of words: a checkbox could not be left out (Overrides).
        switch = {"type": "string", "enum": ["true", "false"]}
        assert shown.pop(key) == (switch if bounds == {"type": "boolean"} else bounds), key
    assert shown == {}


def test_a_switch_of_the_form_is_a_switch_of_the_settings():
    chosen = Overrides.model_validate({"train": {"mask_prompt": "false"}})

    changes = chosen.model_dump(exclude_unset=True)
    assert changes == {"train": {"mask_prompt": False}}
    assert settings_from(RAW, where="demo", overrides=changes).train.mask_prompt is False


def test_the_twin_asks_for_nothing_and_changes_nothing_when_empty():
    assert Overrides().model_dump(exclude_unset=True) == {}


def test_the_twin_hands_on_what_was_set_and_an_explicit_null():
    given_in_the_form = Overrides.model_validate({"train": {"clip_norm": None, "seed": 7}})

    assert given_in_the_form.model_dump(exclude_unset=True) == {
        "train": {"clip_norm": None, "seed": 7}
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"train": {"batch_size": 0}},
        {"train": {"batch_size": "4"}},
        {"train": {"mask_prompt": "perhaps"}},
        {"train": {"epochs": 0}},
        {"dedup": {"threshold": 1.5}},
        {"dedup": {"normalise": "none"}},
        {"channel": {"name": "../x"}},
        {"train": {"lora": {"alpha": 8}}},
    ],
)
def test_the_twin_refuses_what_the_settings_refuse(wrong):
    with pytest.raises(ValidationError):
        Overrides.model_validate(wrong)


# --- explaining ----------------------------------------------------------------


def schema_leaves(schema, defs, prefix=""):
    for name, one in schema["properties"].items():
        reference = one.get("$ref")
        if reference:
            yield from schema_leaves(defs[reference.rpartition("/")[2]], defs, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_explain_lists_every_leaf_once():
    schema = Settings.model_json_schema()

    listed = [one.key for one in explain()]

    assert sorted(listed) == sorted(schema_leaves(schema, schema["$defs"]))


def test_explain_shows_types_as_a_person_writes_them():
    types = {one.key: one.kind for one in explain()}

    assert types["train.learning_rate"] == "float"
    assert types["train.batch_size"] == "int"
    assert types["train.mask_prompt"] == "bool"
    assert types["train.lora.modules"] == "list of str | null"
    assert types["train.schedule"] == "cosine | linear | constant"
    assert types["source.tabs"] == "list of videos | shorts | streams"
    assert types["source.max_videos"] == "int | null"
    assert not [kind for kind in types.values() if "[" in kind or "Strict" in kind or "." in kind]


def test_explain_narrows_to_a_section_or_a_key():
    assert [one.key for one in explain("train.lora.rank")] == ["train.lora.rank"]
    assert {one.key.split(".")[0] for one in explain("dedup")} == {"dedup"}


def test_explain_names_the_nearest_key():
    with pytest.raises(ConfigError, match=r"did you mean train\.loss\?"):
        explain("train.los")
