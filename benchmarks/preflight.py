"""Foreseen and measured peak memory of training, over configurations that differ in what decides it.

Each in a process of its own: three updates of two micro-batches of the longest rows, through the
same step that a training takes. Peaks are `mx.get_peak_memory()`, weights included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from frame import report

BASE: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 192,
    "num_hidden_layers": 6,
    "intermediate_size": 512,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "vocab_size": 6000,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
}
TRAIN: dict[str, Any] = {"batch_size": 2, "max_seq_length": 192, "lora": {"rank": 8}}
WAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "batch 4": ({}, {"batch_size": 4}),
    "one long row": ({}, {"batch_size": 1, "max_seq_length": 640}),
    "two of six layers": ({}, {"lora": {"layers": 2}}),
    "rank 64": ({}, {"lora": {"rank": 64}}),
    "checkpointing": ({}, {"grad_checkpoint": True, "batch_size": 3}),
    "checkpointing, long": ({}, {"grad_checkpoint": True, "max_seq_length": 448}),
    "all logits": ({"vocab_size": 24000}, {"loss": "full", "batch_size": 1}),
    "large vocabulary": ({"vocab_size": 48000}, {"batch_size": 3}),
    "dropout": ({}, {"lora": {"dropout": 0.1}}),
    "bfloat16": ({"dtype": "bfloat16"}, {}),
    "4 bit, checkpointing, 12 layers": (
        {"bits": 4, "num_hidden_layers": 12},
        {"grad_checkpoint": True, "lora": {"layers": 8}},
    ),
}


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return
    figures: dict[str, Any] = {}
    errors: list[float] = []
    for way in WAYS:
        foreseen, found = child(way)
        errors.append(foreseen / found - 1)
        figures[way] = f"{foreseen / 1e6:.1f} MB foreseen, {found / 1e6:.1f} measured"
        print(way, figures[way], f"{errors[-1]:+.1%}", file=sys.stderr, flush=True)
    worst = max(errors, key=abs)
    report("preflight", {"max_error": round(abs(worst), 3), "configurations": len(WAYS), **figures})


def child(way: str) -> tuple[int, int]:
    from understudy.child import child_environment

    done = subprocess.run(
        [sys.executable, __file__, way],
        capture_output=True,
        text=True,
        check=True,
        env=child_environment(),
    )
    foreseen, found = json.loads(done.stdout.splitlines()[-1])
    return foreseen, found


def measure(way: str) -> tuple[int, int]:
    import mlx.core as mx
    from mlx_lm.utils import load_model

    from tests.support.tiny import train_settings
    from understudy.training.adapters import prepare
    from understudy.training.checkpointing import checkpointed
    from understudy.training.footprint import Largest, foresee, read_base
    from understudy.training.heads import find_head
    from understudy.training.loss import Objective
    from understudy.training.step import Stepper

    base, changes = WAYS[way]
    lora = {**TRAIN["lora"], **changes.get("lora", {})}
    settings = train_settings(**{**TRAIN, **changes, "lora": lora})
    with tempfile.TemporaryDirectory() as scratch:
        config = write_base(Path(scratch), {**BASE, **base})
        length = settings.max_seq_length
        lines = settings.batch_size
        largest = Largest(lines, length, lines * (length - length // 7))
        expected = foresee(read_base(Path(scratch)), settings, largest)
        model: Any = load_model(Path(scratch))[0]
        prepare(model, settings, seed=0)
        head, reason = find_head(model)
        assert head is not None, reason
        objective = Objective(model, head if settings.loss == "chunked" else None)
        stepper = Stepper(model, objective, settings)
        batch = longest(settings.batch_size, length, config["vocab_size"])
        mx.reset_peak_memory()
        with checkpointed(model, on=settings.grad_checkpoint):
            for update in (1, 2, 3):
                stepper.apply(stepper.gradient([batch, batch], update), 1e-4)
    return expected.peak, mx.get_peak_memory()


def write_base(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """A random Llama, in the kind of numbers that is asked for."""
    import mlx.core as mx
    from mlx import nn
    from mlx.utils import tree_flatten
    from mlx_lm.models import llama

    bits, dtype = config.pop("bits", None), config.pop("dtype", "float32")
    model = llama.Model(llama.ModelArgs.from_dict(config))
    model.set_dtype(getattr(mx, dtype))
    if bits is not None:
        nn.quantize(model, group_size=32, bits=bits)
        config["quantization"] = {"group_size": 32, "bits": bits}
    weights = dict(tree_flatten(model.parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights)
    (folder / "config.json").write_text(json.dumps(config))
    return config


def longest(rows: int, length: int, vocabulary: int) -> Any:
    """A batch of rows as long as allowed, a seventh of each of them prompt, as in real pairs."""
    import numpy as np

    from understudy.training.batches import Example, collate

    draw = np.random.default_rng(0)
    examples = [
        Example(str(row), "", draw.integers(0, vocabulary, length).astype(np.int32), length // 7)
        for row in range(rows)
    ]
    return collate([[row] for row in range(rows)], examples)


if __name__ == "__main__":
    main()
