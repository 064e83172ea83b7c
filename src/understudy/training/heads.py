"""Where hidden states become logits, per architecture, checked against the model itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
from mlx import nn

KNOWN = frozenset(
    {
        "cohere",
        "cohere2",
        "exaone4",
        "gemma",
        "gemma2",
        "gemma3",
        "gemma3_text",
        "glm4",
        "granite",
        "llama",
        "ministral3",
        "mistral3",
        "mixtral",
        "olmo2",
        "olmo3",
        "phi",
        "phi3",
        "qwen2",
        "qwen3",
        "qwen3_moe",
        "seed_oss",
        "smollm3",
        "stablelm",
        "starcoder2",
    }
)
"""Modules of mlx_lm.models whose way from hidden states to logits was read: linear, then at the
most one factor and one soft cap."""

Array = mx.array


@dataclass(frozen=True)
class Head:
    """The last layer of a model: logits = cap(multiplier x (hidden @ weight.T + bias))."""

    backbone: Callable[..., Array]
    """Token ids to hidden states, `(batch, time, width)`."""
    layer: Any
    """The linear layer, or the embedding where the two are tied."""
    tied: bool
    multiplier: float
    soft_cap: float | None
    vocabulary: int

    def logits(self, hidden: Array) -> tuple[Array, Array | None]:
        """Logits in float32, `(rows, vocabulary)`, and their slope under the soft cap."""
        raw = self.layer.as_linear(hidden) if self.tied else self.layer(hidden)
        scaled = raw.astype(mx.float32)
        if self.multiplier != 1:
            scaled = scaled * self.multiplier
        if self.soft_cap is None:
            return scaled, None
        bent = mx.tanh(scaled / self.soft_cap)
        return bent * self.soft_cap, 1 - bent * bent

    def pull(self, error: Array, dtype: mx.Dtype) -> Array:
        """Gradient with respect to the hidden states.

        Args:
            error: Gradient with respect to the scaled, uncapped logits, `(rows, vocabulary)`.
            dtype: Of the hidden states.
        """
        scaled = error * self.multiplier if self.multiplier != 1 else error
        back = scaled.astype(dtype)
        layer = self.layer
        if isinstance(layer, nn.QuantizedLinear | nn.QuantizedEmbedding):
            return mx.quantized_matmul(
                back,
                layer.weight,
                scales=layer.scales,
                biases=layer.get("biases"),
                transpose=False,
                group_size=layer.group_size,
                bits=layer.bits,
                mode=layer.mode,
            ).astype(dtype)
        return (back @ layer.weight.astype(dtype)).astype(dtype)


def find_head(model: Any) -> tuple[Head | None, str]:
    """Find the model's head, if this code knows it and it proves to give the model's own logits.

    Returns:
        The head or None, and in words why the stock path must be taken, or "".
    """
    name = type(model).__module__.rpartition(".")[2]
    if name not in KNOWN:
        return None, f"the architecture {name} is not known to the chunked loss"
    head = _read_head(model)
    if head is None:
        return None, f"the head of this {name} is no plain frozen linear layer"
    if not _agrees(model, head):
        return None, f"the chunked loss does not reproduce the logits of this {name}"
    return head, ""


def _read_head(model: Any) -> Head | None:
    inner = model.language_model if "language_model" in model else model
    backbone = getattr(inner, "model", None)
    if backbone is None:
        return None
    tied = "lm_head" not in inner
    layer = backbone.embed_tokens if tied else inner.lm_head
    plain = (nn.Embedding, nn.QuantizedEmbedding) if tied else (nn.Linear, nn.QuantizedLinear)
    if type(layer) not in plain or layer.trainable_parameters():
        return None
    return Head(
        backbone=backbone,
        layer=layer,
        tied=tied,
        multiplier=_multiplier(inner),
        soft_cap=getattr(inner, "final_logit_softcapping", None),
        vocabulary=int(layer.weight.shape[0]),
    )


def _multiplier(inner: Any) -> float:
    divisor = getattr(inner, "logits_scaling", None)
    if divisor is not None:
        return 1 / float(divisor)
    return float(getattr(inner.args, "logit_scale", None) or 1)


def _agrees(model: Any, head: Head) -> bool:
    tokens = mx.arange(8)[None] % head.vocabulary
    expected = model(tokens).astype(mx.float32)
    found, _ = head.logits(head.backbone(tokens, cache=None))
    tolerance = 1e-4 if head.layer.weight.dtype == mx.float32 else 2e-2
    distance = mx.abs(found - expected).max()
    return bool((distance <= tolerance * (1e-6 + mx.abs(expected).max())).item())
