"""Which targets a base can be exported to; known from its files alone, so before any training.

mlx-lm's GGUF writer knows one architecture and one kind of vocabulary. What it
writes for another base loads in llama.cpp and answers nonsense, because there the
text is split into other tokens; so that is refused here and not found out there.

Source: `mlx_lm/gguf.py` and `mlx_lm/fuse.py` of mlx-lm 0.32.2; docs.ollama.com/import.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from understudy.artifacts import read_json

Target = Literal["fused", "hf", "gguf", "ollama"]
TARGETS: tuple[Target, ...] = ("fused", "hf", "gguf", "ollama")

_GGUF_TYPES = frozenset({"llama", "mistral", "mixtral"})
_OLLAMA_TYPES = frozenset(
    {"llama", "mistral", "mixtral", "gemma", "gemma2", "gemma3", "phi3", "qwen2", "qwen3"}
)
"""Whose safetensors `ollama create` reads."""

CONVERTER = "export with --to hf and convert that folder with llama.cpp's convert_hf_to_gguf.py"


def problem_with(target: Target, base: Path) -> str | None:
    """Say why a base cannot be exported to a target, or None if it can.

    Args:
        base: Its folder.

    Raises:
        DataError: Its config or tokenizer cannot be read.
    """
    if target in {"fused", "hf"}:
        return None
    config, tokenizer = read_json(base / "config.json"), _tokenizer(base)
    gguf = gguf_problem(config, tokenizer)
    if target == "gguf" or gguf is None:
        return gguf and f"{gguf}; {CONVERTER}"
    return ollama_problem(config, tokenizer, gguf)


def takes_gguf(base: Path) -> bool:
    """Whether Ollama is given a GGUF file; otherwise it reads the safetensors."""
    return gguf_problem(read_json(base / "config.json"), _tokenizer(base)) is None


def gguf_problem(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> str | None:
    """Say what mlx-lm's GGUF writer would get wrong about a base."""
    kind = config.get("model_type")
    if kind not in _GGUF_TYPES:
        return f"mlx-lm writes GGUF for {', '.join(sorted(_GGUF_TYPES))} only, and this is {kind}"
    if not sentencepiece_like(tokenizer):
        return (
            "mlx-lm writes every vocabulary as a SentencePiece one, and this base's is "
            f"{_kind_of(tokenizer)}: llama.cpp would split text into other tokens"
        )
    scaling: Mapping[str, Any] = config.get("rope_scaling") or {}
    form = scaling.get("rope_type") or scaling.get("type") or "default"
    if form not in {"default", "linear"}:
        return f"mlx-lm's GGUF writer leaves out rope scaling of the form {form}"
    heads = config.get("num_attention_heads") or 1
    if (config.get("head_dim") or config["hidden_size"] // heads) * heads != config["hidden_size"]:
        return "mlx-lm's GGUF writer assumes that the heads' width is hidden_size / heads"
    if config.get("attention_bias"):
        return "mlx-lm's GGUF writer does not reorder the biases of attention"
    return None


def ollama_problem(
    config: Mapping[str, Any], tokenizer: Mapping[str, Any], gguf: str
) -> str | None:
    """Say why Ollama cannot read a base's safetensors either.

    Args:
        gguf: What speaks against GGUF.
    """
    kind = config.get("model_type")
    if kind not in _OLLAMA_TYPES:
        return f"Ollama reads no safetensors of {kind}, and {gguf}"
    if tokenizer.get("model", {}).get("type") != "BPE":
        return f"Ollama reads a BPE tokenizer, and this base's is {_kind_of(tokenizer)}"
    return None


def sentencepiece_like(tokenizer: Mapping[str, Any]) -> bool:
    """BPE that falls back to bytes and keeps spaces as `▁`, as Llama 2 and Mistral have it."""
    model: Mapping[str, Any] = tokenizer.get("model") or {}
    return model.get("type") == "BPE" and bool(model.get("byte_fallback"))


def _kind_of(tokenizer: Mapping[str, Any]) -> str:
    model: Mapping[str, Any] = tokenizer.get("model") or {}
    return f"{model.get('type') or 'unknown'} over bytes" if model else "not in a tokenizer.json"


def _tokenizer(base: Path) -> dict[str, Any]:
    path = base / "tokenizer.json"
    return read_json(path) if path.is_file() else {}
