"""Adapters with known weights, where a test needs two models and no training."""

from __future__ import annotations

import json
from pathlib import Path


def make_adapter(base: Path, folder: Path, *, strength: float) -> None:
    """Write an adapter with random weights, as a training leaves it."""
    import mlx.core as mx
    from mlx.utils import tree_flatten
    from mlx_lm.tuner.utils import linear_to_lora_layers
    from mlx_lm.utils import load

    mx.random.seed(1)
    model = load(str(base))[0]
    model.freeze()
    parameters = {"rank": 4, "scale": 2.0, "dropout": 0.0, "keys": ["self_attn.q_proj"]}
    linear_to_lora_layers(model, 2, parameters)
    weights = {
        name: mx.random.normal(value.shape) * strength if name.endswith("lora_b") else value
        for name, value in tree_flatten(model.trainable_parameters())
    }
    folder.mkdir(parents=True, exist_ok=True)
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    config = {"fine_tune_type": "lora", "num_layers": 2, "lora_parameters": parameters}
    (folder / "adapter_config.json").write_text(json.dumps(config))
