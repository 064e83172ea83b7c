"""What is foreseen of memory: counted from headers, and cheaper step by step."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from understudy.doctor.checks import check_footprint
from understudy.errors import BaseModelError, TrainingError
from understudy.settings import load_settings
from understudy.training.fitting import fit
from understudy.training.footprint import (
    Base,
    Largest,
    adapter_bytes,
    at_worst,
    foresee,
    read_base,
)
from understudy.training.ladder import climb_down
from understudy.training.room import room_of_device

CONFIG = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "vocab_size": 1000,
}
GIB = 2**30


def write_base(folder, dtype="F32", **config):
    """Headers alone: nothing reads further."""
    shapes = {"model.embed_tokens.weight": [1000, 64], "model.norm.weight": [64]}
    for layer in range(2):
        shapes[f"model.layers.{layer}.self_attn.q_proj.weight"] = [64, 64]
        shapes[f"model.layers.{layer}.mlp.up_proj.weight"] = [128, 64]
        shapes[f"model.layers.{layer}.input_layernorm.weight"] = [64]
    header, at = {"__metadata__": {"format": "mlx"}}, 0
    for name, shape in shapes.items():
        size = shape[0] * (shape[1] if len(shape) == 2 else 1) * (4 if dtype == "F32" else 2)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    raw = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(raw).to_bytes(8, "little") + raw)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **config}))
    return at


@pytest.fixture(scope="module")
def train(root):
    return load_settings(root / "config" / "jason_fung.yaml").train


@pytest.fixture
def big() -> Base:
    """Llama-3.2-3B in bfloat16."""
    modules = {"q": (3072, 3072), "k": (3072, 1024), "v": (3072, 1024), "o": (3072, 3072)}
    mlp = {"gate": (3072, 8192), "up": (3072, 8192), "down": (8192, 3072)}
    return Base(
        layers=28,
        width=3072,
        keys=2048,
        heads=24,
        inner=8192,
        vocabulary=128_256,
        weights=6_425_500_000,
        bits=16,
        item=2.65,
        modules={layer: {**modules, **mlp} for layer in range(28)},
    )


def test_weights_and_modules_are_counted_from_the_headers(tmp_path):
    size = write_base(tmp_path)

    base = read_base(tmp_path)

    assert base.weights == size
    assert base.modules[1] == {"self_attn.q_proj": (64, 64), "mlp.up_proj": (64, 128)}
    assert (base.keys, base.item, base.bits) == (64, 4, 32)


def test_adapters_are_counted_for_the_layers_and_modules_that_get_one(tmp_path, train):
    write_base(tmp_path)
    lora = {"layers": 1, "rank": 3, "modules": ("mlp.up_proj",)}

    some = train.model_copy(update={"lora": train.lora.model_copy(update=lora)})

    assert adapter_bytes(read_base(tmp_path), some) == 4 * 3 * (64 + 128)


def test_a_file_that_is_no_base_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(BaseModelError, match="cannot be foreseen: KeyError"):
        read_base(tmp_path)


def test_what_makes_a_training_cheaper_lowers_what_is_foreseen(big, train):
    plain = train.model_copy(update={"grad_checkpoint": False, "batch_size": 4, "loss": "full"})
    rungs = climb_down(big, plain, room=0, largest=at_worst)

    peaks = [foresee(big, plain, at_worst(plain)).peak, *(rung.peak for rung in rungs)]
    assert [rung.change.split("=")[0] for rung in rungs] == [
        "train.loss",
        "train.grad_checkpoint",
        "train.batch_size",
        "train.base",
        "train.max_seq_length",
        "train.max_seq_length",
    ]
    assert peaks == sorted(set(peaks), reverse=True)


def test_steps_end_with_the_first_that_fits(big, train):
    plain = train.model_copy(update={"grad_checkpoint": False})

    rungs = climb_down(big, plain, room=10 * GIB, largest=at_worst)

    assert [rung.change for rung in rungs] == ["train.grad_checkpoint=true"]
    assert check_footprint(foresee(big, plain, at_worst(plain)), 10 * GIB, rungs).status == "fail"


# --- held against the memory there is ----------------------------------------


def whole_batches(settings):
    return Largest(settings.batch_size, 400, settings.batch_size * 400)


@pytest.fixture
def fitted(tmp_path, train):
    """What is decided for a batch of four without checkpointing in so many megabytes."""
    write_base(tmp_path)
    wide = {"batch_size": 4, "grad_checkpoint": False, "loss": "full"}

    def decide(room_mb, *, auto, before=None):
        memory = train.memory.model_copy(update={"auto": auto})
        settings = train.model_copy(update={**wide, "memory": memory})
        room = None if room_mb is None else round(room_mb * 1e6)
        return fit(tmp_path, settings, room=room, largest=whole_batches, before=before)

    return decide


def test_what_fits_is_trained_as_it_was_set(fitted):
    for room in (1000, None):
        settings, found = fitted(room, auto=True)
        assert (settings.batch_size, settings.loss) == (4, "full")
        assert (found.applied, found.notes) == ((), [])


def test_what_does_not_fit_is_refused_with_the_steps_that_would_do(fitted):
    with pytest.raises(TrainingError, match=r"set train\.loss=chunked \(.*memory\.auto=true"):
        fitted(60, auto=False)


def test_auto_takes_the_steps_that_change_nothing_learned_and_writes_them_down(fitted):
    settings, found = fitted(60, auto=True)

    assert found.applied == ("train.loss=chunked", "train.grad_checkpoint=true")
    assert (settings.loss, settings.grad_checkpoint, settings.batch_size) == ("chunked", True, 4)
    assert found.foreseen_bytes <= found.room_bytes == 60_000_000
    assert "train.grad_checkpoint=true, to fit" in found.notes[0]


def test_auto_never_takes_what_changes_the_learning(fitted):
    with pytest.raises(TrainingError, match=r"not enough: train\.loss=chunked"):
        fitted(0.5, auto=True)


def test_a_run_that_goes_on_takes_what_it_began_with(fitted):
    settings, found = fitted(1000, auto=True, before=("train.loss=chunked",))

    assert (settings.loss, settings.grad_checkpoint) == ("chunked", False)
    assert found.applied == ("train.loss=chunked",)
    assert fitted(0.5, auto=False, before=())[1].applied == ()


def test_a_limit_that_is_set_goes_before_what_the_device_says(train):
    limited = train.model_copy(update={"memory": train.memory.model_copy(update={"limit_gb": 2.5})})
    metal = {"max_recommended_working_set_size": 11, "memory_size": 16}

    assert room_of_device(limited, metal) == 2_500_000_000
    assert room_of_device(train, metal) == 11
    assert room_of_device(train, {"total_memory": 80}) == 80


def test_the_doctor_says_when_no_step_is_enough(big, train):
    larger = replace(big, weights=80 * GIB)
    foreseen = foresee(larger, train, at_worst(train))

    said = check_footprint(
        foreseen, 10 * GIB, climb_down(larger, train, room=10 * GIB, largest=at_worst)
    )

    assert said.status == "fail"
    assert said.advice.startswith("take a smaller base")
    assert check_footprint(foreseen, 100 * GIB, []).status == "ok"
