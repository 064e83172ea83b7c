"""What `mlx_lm.lora` reads from its YAML, as a table; a test compares it with the installed one.

Source: `mlx_lm/lora.py` and `mlx_lm/tuner/utils.py` of mlx-lm 0.32.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERSION = "0.32.2"

DEFAULTS: Mapping[str, Any] = {
    "model": "Qwen/Qwen3-0.6b",
    "train": False,
    "fine_tune_type": "lora",
    "optimizer": "adam",
    "optimizer_config": {"adam": {}, "adamw": {}, "muon": {}, "sgd": {}, "adafactor": {}},
    "data": "mlx-community/WikiSQL",
    "seed": 0,
    "num_layers": 16,
    "batch_size": 4,
    "iters": 1000,
    "val_batches": 25,
    "learning_rate": 1e-5,
    "steps_per_report": 10,
    "steps_per_eval": 200,
    "resume_adapter_file": None,
    "adapter_path": "adapters",
    "save_every": 100,
    "test": False,
    "test_batches": 500,
    "max_seq_length": 2048,
    "config": None,
    "grad_checkpoint": False,
    "grad_accumulation_steps": 1,
    "clear_cache_threshold": 0,
    "lr_schedule": None,
    "lora_parameters": {"rank": 8, "dropout": 0.0, "scale": 20.0},
    "mask_prompt": False,
    "report_to": None,
    "project_name": None,
    "trust_remote_code": False,
}
"""Key to what mlx-lm takes where the file says nothing, or null."""

ALSO_READ = frozenset(
    {"hf_dataset", "prompt_feature", "completion_feature", "text_feature", "chat_feature"}
)
"""Read by the dataset loader although they have no default."""

SHADOWED = frozenset({"clear_cache_threshold"})
"""The command line's default is no null, so that the file's value never takes its place."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "fine_tune_type": ("lora", "dora", "full"),
    "optimizer": ("adam", "adamw", "muon", "sgd", "adafactor"),
}

CARRIED_WHOLE = frozenset({"lr_schedule", "optimizer_config"})
"""Sections that are meant under another spelling of their name: what stands inside is for mlx."""

LORA_KEYS = ("rank", "scale", "dropout", "keys")
SCHEDULE_KEYS = ("name", "arguments", "warmup", "warmup_init")

MEANT: Mapping[str, str] = {
    "lora_rank": "lora_parameters.rank",
    "rank": "lora_parameters.rank",
    "r": "lora_parameters.rank",
    "lora_r": "lora_parameters.rank",
    "lora_scale": "lora_parameters.scale",
    "scale": "lora_parameters.scale",
    "lora_dropout": "lora_parameters.dropout",
    "dropout": "lora_parameters.dropout",
    "lora_keys": "lora_parameters.keys",
    "keys": "lora_parameters.keys",
    "target_modules": "lora_parameters.keys",
    "lora_layers": "num_layers",
    "layers": "num_layers",
    "lr": "learning_rate",
    "gradient_accumulation_steps": "grad_accumulation_steps",
    "grad_accum_steps": "grad_accumulation_steps",
    "gradient_checkpointing": "grad_checkpoint",
    "gradient_checkpoint": "grad_checkpoint",
    "max_seq_len": "max_seq_length",
    "max_length": "max_seq_length",
    "eval_steps": "steps_per_eval",
    "steps_per_save": "save_every",
    "save_steps": "save_every",
    "logging_steps": "steps_per_report",
    "iterations": "iters",
    "max_steps": "iters",
    "mask_inputs": "mask_prompt",
    "output_dir": "adapter_path",
    "weight_decay": "optimizer_config.weight_decay",
}
"""What other tools and older versions call things, and where mlx-lm has them."""

ALPHA = frozenset({"alpha", "lora_alpha"})
DORA = frozenset({"use_dora", "dora"})

UNTRANSLATABLE: Mapping[str, str] = {
    "epochs": "mlx-lm counts micro-batches: set iters to rows x epochs / batch_size",
    "num_epochs": "mlx-lm counts micro-batches: set iters to rows x epochs / batch_size",
    "warmup": "a warm-up is part of lr_schedule: {name, arguments, warmup}",
    "warmup_steps": "a warm-up is part of lr_schedule: {name, arguments, warmup}",
    "warmup_ratio": "a warm-up is part of lr_schedule: {name, arguments, warmup}",
    "early_stopping": "mlx-lm never stops early",
    "patience": "mlx-lm never stops early",
    "max_grad_norm": "mlx-lm does not clip gradients",
    "grad_clip": "mlx-lm does not clip gradients",
}
"""Keys for which mlx-lm has nothing that could be filled in, and why."""
