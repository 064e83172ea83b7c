"""What an mlx-lm training file did, by the shapes of file that people really wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.support.commands import command
from tests.support.mlx_lm_files import BOTH, FLAT, HYPHENATED, SECTION, SHAPES, TEXT
from understudy.errors import ConfigError
from understudy.lint.correcting import correct, what_it_did
from understudy.lint.judging import effective_settings, lint

ROOT = Path(__file__).resolve().parents[2]


def dead(text):
    return {one.key: one for one in lint(text).findings if one.kind == "dead"}


def fixed(text):
    return yaml.safe_load(correct(lint(text)).text("old.yaml"))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (FLAT, {"lora_rank", "lora_alpha", "lora_dropout", "use_dora"}),
        (HYPHENATED, {"lora-rank", "learning-rate", "lora-parameters.rank"}),
        (
            SECTION,
            {f"lora-parameters.{key}" for key in ("rank", "alpha", "scale", "dropout")},
        ),
        ("lr-schedule: {name: cosine_decay, arguments: [1e-4, 9]}", {"lr-schedule"}),
        (BOTH, {"lora_rank"}),
        ("lora: {rank: 4, alpha: 8}\n", {"lora.rank", "lora.alpha"}),
        ("lr_schedule: {name: cosine_decay, arguments: [1e-4, 9], warm: 3}", {"lr_schedule.warm"}),
        ("learning_rate: 1.0e-4\nlr_schedule: {name: x, arguments: [1]}", {"learning_rate"}),
        ("clear_cache_threshold: 9\n", {"clear_cache_threshold"}),
        ("lora_parameters: {rank: 8, scale: 2, dropout: 0, alpha: 4}", {"lora_parameters.alpha"}),
        ("num_layers: 4\nlearning_rate: 1e-5\n", set()),
    ],
)
def test_exactly_the_keys_that_took_no_effect_are_named(text, keys):
    assert set(dead(text)) == keys


def test_a_dead_key_is_named_with_its_line_and_what_took_effect_instead():
    rank = dead(BOTH)["lora_rank"]

    assert (rank.line, rank.value, rank.meant) == (1, 16, "lora_parameters.rank")
    assert "lora_parameters.rank was 8" in rank.says


def test_the_run_of_flat_keys_trained_the_defaults():
    assert what_it_did(lint(FLAT).effective)[0] == (
        "lora, rank 8, scale 20.0, dropout 0.0, on the last 16 layers"
    )


def test_the_corrected_file_does_what_flat_keys_meant():
    assert fixed(FLAT) == {
        "model": "m",
        "fine_tune_type": "dora",
        "lora_parameters": {"rank": 6, "dropout": 0.1, "scale": 2.0},
    }


def test_a_live_value_is_kept_where_a_dead_one_says_otherwise():
    corrected = correct(lint(BOTH))

    assert corrected.values["lora_parameters"]["rank"] == 8
    assert any("lora_rank: 16" in note for note in corrected.notes)


def test_numbers_and_switches_in_quotes_are_found_and_written_without_them():
    kinds = {one.key: one.kind for one in lint(TEXT).findings}

    assert kinds == {"learning_rate": "fails", "mask_prompt": "type", "batch_size": "fails"}
    assert fixed(TEXT) == {
        "model": "m",
        "learning_rate": 1e-5,
        "mask_prompt": False,
        "batch_size": 2,
    }


def test_lora_parameters_without_a_scale_are_completed():
    text = "lora_parameters: {rank: 4}\n"

    assert [one.kind for one in lint(text).findings] == ["fails"]
    assert fixed(text)["lora_parameters"] == {"rank": 4, "dropout": 0.0, "scale": 20.0}


def test_a_key_that_stands_twice_is_found():
    (found,) = lint("iters: 5\niters: 7\n").findings

    assert (found.kind, found.line, found.value) == ("twice", 2, 7)


def test_what_is_lost_to_accumulation_is_said():
    said = what_it_did(effective_settings({"iters": 1605, "grad_accumulation_steps": 16}))

    assert said[1] == "1605 iterations at batch size 4 = 100 updates, the last 5 iterations dropped"
    assert said[2] == "learning rate 1e-05 x scale 20 = 0.0002, adam"


def test_keys_of_a_misspelt_section_go_where_they_are_read_and_no_other_does():
    corrected = correct(lint(SECTION))

    assert corrected.values["lora_parameters"] == {"rank": 6, "scale": 16.0, "dropout": 0.1}
    assert any("lora-parameters.alpha: 8" in note for note in corrected.notes)


@pytest.mark.parametrize("text", [*SHAPES, "optimizr: adam\nepochs: 3\n"])
def test_the_corrected_file_has_no_finding(text):
    assert lint(correct(lint(text)).text("evil\nname.yaml")).findings == ()


def spelt(key):
    return st.sampled_from([key, key.replace("_", "-"), key.upper()])


NUMBERS = st.sampled_from([4, 0.5, "8", "1e-5"])
LORA = st.dictionaries(st.sampled_from(["rank", "scale", "dropout", "alpha", "rnk"]), NUMBERS)
SCHEDULE = st.fixed_dictionaries({"name": st.just("cosine_decay"), "arguments": st.just([1e-4, 9])})
FILES = st.lists(
    st.one_of(
        *(
            st.tuples(spelt(key), NUMBERS)
            for key in ("learning_rate", "lora_rank", "lora_alpha", "iters", "weight_decay", "lr")
        ),
        st.tuples(spelt("lora_parameters"), LORA),
        st.tuples(spelt("lr_schedule"), SCHEDULE),
        st.tuples(spelt("use_dora"), st.sampled_from([True, "true", "no"])),
    ),
    max_size=6,
).map(dict)


@given(FILES)
def test_no_mixture_of_spellings_leaves_a_finding_in_the_corrected_file(values):
    text = yaml.safe_dump(values) if values else "seed: 1\n"

    assert lint(correct(lint(text)).text("c.yaml")).findings == ()


@pytest.mark.parametrize("text", ["- a\n", "a: [", "", "3"])
def test_what_is_no_training_file_is_refused(text):
    with pytest.raises(ConfigError):
        lint(text)


def test_the_command_ends_with_status_1_and_leaves_the_original_alone(tmp_path):
    file = tmp_path / "old.yaml"
    file.write_text(FLAT)

    said = command(tmp_path, "lint", file, "--fix")
    again = command(tmp_path, "lint", tmp_path / "old.fixed.yaml")
    twice = command(tmp_path, "lint", file, "--fix")

    assert (said.status, again.status, twice.status) == (1, 0, 2)
    assert "lora_rank" in said.out
    assert "every key" in again.out
    assert file.read_text() == FLAT


@pytest.mark.parametrize(
    ("path", "what"),
    [("config/demo.yaml", "a channel's settings"), ("config/sweeps/seed.yaml", "a sweep")],
)
def test_a_yaml_of_understudy_s_own_is_named_as_such_and_not_taken_apart(path, what):
    with pytest.raises(ConfigError, match=f"no mlx-lm training file but {what} of Understudy"):
        lint((ROOT / path).read_text(encoding="utf-8"))
