"""A fused model as one GGUF file, and back again to be looked at.

mlx-lm writes the weights; what it gets wrong about the vocabulary is put right:
it gives every piece the same score, so that llama.cpp would merge from the left
and not by rank, and it leaves the chat template out.
"""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten, tree_unflatten

from understudy.artifacts import read_json
from understudy.errors import ExportError
from understudy.models import chat_template

NAME = "model-f16.gguf"

_BACK = (
    (r"^blk\.", "model.layers."),
    (r"ffn_gate_inp", "block_sparse_moe.gate"),
    (r"ffn_gate\.", "mlp.gate_proj."),
    (r"ffn_down\.", "mlp.down_proj."),
    (r"ffn_up\.", "mlp.up_proj."),
    (r"attn_q\.", "self_attn.q_proj."),
    (r"attn_k\.", "self_attn.k_proj."),
    (r"attn_v\.", "self_attn.v_proj."),
    (r"attn_output\.", "self_attn.o_proj."),
    (r"attn_norm", "input_layernorm"),
    (r"ffn_norm", "post_attention_layernorm"),
    (r"^token_embd", "model.embed_tokens"),
    (r"^output_norm", "model.norm"),
    (r"^output\.", "lm_head."),
)


def write_gguf(folder: Path, model: Any, config: dict[str, Any]) -> Path:
    """Write the file into a folder that holds the tokenizer.

    Raises:
        ExportError: mlx-lm cannot write it.
    """
    from mlx_lm.gguf import convert_to_gguf

    pairs: Any = tree_flatten(model.parameters())
    weights: dict[str, mx.array] = dict(pairs)
    path = folder / NAME
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints
            convert_to_gguf(folder, weights, config, str(path))
    # what mlx-lm raises where it does not know an architecture, a quantisation or a tokenizer
    except (ValueError, NotImplementedError, AssertionError, KeyError) as error:
        raise ExportError(f"mlx-lm cannot write this base as GGUF: {error}") from error
    loaded: Any = mx.load(str(path), return_metadata=True)
    arrays, metadata = loaded
    mx.save_gguf(str(path), arrays, {**metadata, **_vocabulary(folder, metadata)})
    return path


def read_gguf(path: Path, model: Any, config: dict[str, Any]) -> None:
    """Put a file's weights into a model of the same architecture, in place.

    Raises:
        ExportError: It holds other weights than the model has.
    """
    loaded: Any = mx.load(str(path))
    heads, groups = config["num_attention_heads"], config.get("num_key_value_heads")
    weights: list[tuple[str, mx.array]] = []
    for name, value in loaded.items():
        ours = _our_name(name)
        if "self_attn.q_proj.weight" in ours:
            weights.append((ours, _unpermuted(value, heads)))
        elif "self_attn.k_proj.weight" in ours:
            weights.append((ours, _unpermuted(value, groups or heads)))
        else:
            weights.append((ours, value))
    known: Any = tree_flatten(model.parameters())
    if {name for name, _ in weights} != {name for name, _ in known}:
        raise ExportError(f"{path.name} does not hold the model's weights")
    model.update(tree_unflatten(weights))
    mx.eval(model.parameters())


def _our_name(name: str) -> str:
    for pattern, ours in _BACK:
        name = re.sub(pattern, ours, name)
    return name


def _unpermuted(weight: mx.array, heads: int) -> mx.array:
    """Undo the order that llama.cpp's rotary embedding wants."""
    split = weight.reshape(heads, weight.shape[0] // heads // 2, 2, *weight.shape[1:])
    return split.swapaxes(1, 2).reshape(weight.shape)


def _vocabulary(folder: Path, metadata: dict[str, Any]) -> dict[str, Any]:
    """Scores by rank of the merges, and the chat template."""
    merges = read_json(folder / "tokenizer.json")["model"].get("merges") or []
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(merges):
        pieces = merge.split(" ") if isinstance(merge, str) else merge
        ranks.setdefault("".join(pieces), rank)
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    scores = [-float(ranks.get(token, len(merges))) for token in tokens]
    return {
        "tokenizer.ggml.scores": mx.array(scores, dtype=mx.float32),
        "tokenizer.chat_template": chat_template(folder),
    }
