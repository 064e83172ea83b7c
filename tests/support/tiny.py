"""A random model of a few thousand weights with a byte-level tokenizer, for tests that train."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from understudy.settings import LoraSettings, TrainSettings

LLAMA_TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
SPECIALS = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<think>", "</think>"]

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}


def make_tokenizer(folder: Path, template: str | None = LLAMA_TEMPLATE) -> int:
    """Write a byte-level tokenizer and return the size of its vocabulary."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(SPECIALS + alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(one, special=True) for one in SPECIALS])
    tokenizer.save(str(folder / "tokenizer.json"))
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|end|>",
        "pad_token": "<|pad|>",
        "model_max_length": 2048,
        "clean_up_tokenization_spaces": False,
    }
    if template is not None:
        config["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return len(vocabulary)


def make_base(
    folder: Path,
    config: dict[str, Any] | None = None,
    template: str | None = LLAMA_TEMPLATE,
    *,
    bits: int | None = None,
    seed: int = 0,
) -> Path:
    """Write a random base that `mlx_lm.load` accepts.

    Args:
        bits: Quantise to so many bits, in groups of 32.
    """
    import mlx.core as mx
    from mlx import nn
    from mlx.utils import tree_flatten

    folder.mkdir(parents=True, exist_ok=True)
    size = make_tokenizer(folder, template)
    chosen = {**(config or LLAMA), "vocab_size": size + (-size % 32), "eos_token_id": 1}
    module = importlib.import_module(f"mlx_lm.models.{chosen['model_type']}")
    mx.random.seed(seed)
    model = module.Model(module.ModelArgs.from_dict(chosen))
    if bits is not None:
        nn.quantize(model, group_size=32, bits=bits)
        chosen["quantization"] = {"group_size": 32, "bits": bits}
    mx.eval(model.parameters())
    weights = dict(tree_flatten(model.parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights)
    (folder / "config.json").write_text(json.dumps(chosen))
    return folder


def chat(question: str, answer: str, system: str | None = None) -> list[dict[str, str]]:
    """One chat row."""
    head = [{"role": "system", "content": system}] if system else []
    return [
        *head,
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]


def make_rows(count: int, *, videos: int = 4, salt: str = "") -> list[dict[str, Any]]:
    """Rows that can be learned: the answer repeats the question's letter, at varied lengths."""
    rows: list[dict[str, Any]] = []
    for index in range(count):
        letter = "abcdefgh"[index % 8]
        length = 3 + (index * 7) % 23
        rows.append(
            {
                "messages": chat(f"{salt}{letter}?", letter * length + "."),
                "id": f"{salt}vid{index % videos}:q{index:02d}",
                "source_id": f"{salt}vid{index % videos}:q{index:02d}",
                "video_id": f"vid{index % videos}",
                "kind": "original",
            }
        )
    return rows


def make_dataset(folder: Path, train: int = 22, valid: int = 9) -> Path:
    """A dataset folder as the export stage leaves it."""
    from understudy.artifacts import write_jsonl
    from understudy.manifests import publish, recipe

    parts = {
        "train.jsonl": make_rows(train),
        "valid.jsonl": make_rows(valid, salt="v"),
        "test.jsonl": make_rows(valid, salt="t"),
    }
    publish(
        folder,
        {name: (lambda path, rows=rows: write_jsonl(path, rows)) for name, rows in parts.items()},
        recipe("dataset", "1"),
    )
    return folder


def train_settings(**changes: Any) -> TrainSettings:
    """Settings under which the tiny base learns the tiny rows in 12 updates.

    Args:
        changes: By name; `lora` takes a dict of what differs.
    """
    lora = LoraSettings(layers=-1, rank=4, scale=10.0, dropout=0.0, modules=None)
    values: dict[str, Any] = {
        "base": "models/tiny",
        "fine_tune": "lora",
        "learning_rate": 3e-3,
        "warmup_share": 0.1,
        "schedule": "cosine",
        "weight_decay": 0.0,
        "clip_norm": 1.0,
        "epochs": 2,
        "batch_size": 2,
        "gradient_accumulation_steps": 2,
        "max_seq_length": 96,
        "max_truncated_share": 0,
        "mask_prompt": True,
        "batching": "bucketed",
        "loss": "chunked",
        "grad_checkpoint": False,
        "eval_every": 4,
        "save_every": 3,
        "report_every": 1,
        "patience": 0,
        "seed": 7,
        "canaries": (),
        "memory": {"auto": False, "limit_gb": None},
    }
    changed = lora.model_copy(update=changes.pop("lora", {}))
    return TrainSettings.model_validate({**values, **changes, "lora": changed})


def never() -> bool:
    """Nobody asks the training to stop."""
    return False


def tiny_spec(
    base: Path, dataset: Path, folder: Path, *, system_prompt: str | None = None, **changes: Any
) -> Any:
    """What a training of the tiny base is asked to do.

    Args:
        changes: See `train_settings`.
    """
    from understudy.models import base_digests
    from understudy.training.spec import TrainSpec

    return TrainSpec(
        folder=folder,
        root=folder.parent,
        base=base,
        base_digests=base_digests(base),
        dataset=dataset,
        dataset_name="data/dataset",
        dataset_digests={"train.jsonl": "0"},
        settings=train_settings(**changes),
        system_prompt=system_prompt,
        blas="reference",
    )


def train_tiny(
    base: Path,
    dataset: Path,
    folder: Path,
    *,
    send: Callable[[dict[str, Any]], None] = lambda _: None,
    stopping: Callable[[], bool] = never,
    **changes: Any,
) -> Any:
    """Train in this process, and return how it ended.

    Args:
        changes: See `tiny_spec`.
    """
    from understudy.training.run import train

    return train(tiny_spec(base, dataset, folder, **changes), send, stopping)
