"""Cross-entropy of the answer tokens, without ever holding all logits.

At a vocabulary of 128,256 the logits of 1,024 tokens are half a gigabyte in
float32, and the stock loss holds them several times over. The fused loss
computes a chunk of logits, its loss and its gradient with respect to the hidden
states at once, and forgets the logits before the next chunk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mlx.core as mx
from mlx.nn import losses as nn_losses

from understudy.training.footprint import CHUNK_FLOATS
from understudy.training.heads import Head

Array = mx.array


@dataclass(frozen=True)
class Objective:
    """How one model turns token arrays into losses.

    Args:
        head: Where the hidden states become logits; None computes all logits at once.
    """

    model: Any
    head: Head | None
    vocabulary: int = 0
    """Width of the logits, for those who ask what a guess would cost."""

    def total(
        self, inputs: Array, places: Array, targets: Array, weights: Array, cache: Any = None
    ) -> Array:
        """Weighted sum of the losses in nats, a differentiable scalar.

        Args:
            inputs: Token ids, `(batch, time)`.
            places: `(places,)`, positions that are learned, counted through all lines.
            targets: The token ids that follow them, `(places,)`.
            weights: `(places,)`, 0 where nothing is learned.
            cache: Per layer, where rows are packed; see `understudy.training.packing`.
        """
        if self.head is None:
            logits = _at(self.model(inputs, cache=cache), places)
            return (_cross_entropy(logits, targets) * weights).sum()
        hidden = _at(self.head.backbone(inputs, cache=cache), places)
        return fused_loss(self.head, hidden, targets, weights)

    def per_token(self, inputs: Array, places: Array, targets: Array, cache: Any = None) -> Array:
        """Loss at each place in nats, `(places,)` float32, without a gradient."""
        if self.head is None:
            return _cross_entropy(_at(self.model(inputs, cache=cache), places), targets)
        hidden = _at(self.head.backbone(inputs, cache=cache), places)
        return _forward_only(self.head, hidden, targets)


def fused_loss(
    head: Head, hidden: Array, targets: Array, weights: Array, chunk: int | None = None
) -> Array:
    """Weighted cross-entropy of a frozen head, with its gradient computed on the way.

    Args:
        hidden: `(tokens, width)`.
        targets: `(tokens,)`.
        weights: `(tokens,)`.
        chunk: Rows at a time; None takes as many as `CHUNK_FLOATS` logits are.

    Returns:
        A scalar, differentiable with respect to `hidden` only.

    Source:
        The idea of Liger Kernel's fused linear cross-entropy (Hsu et al., 2024): the gradient of
        a sum is known in the forward pass, up to the factor that arrives in the backward pass.
    """
    rows = chunk or chunk_rows(head)

    def total(hidden: Array, targets: Array, weights: Array) -> tuple[Array, Array]:
        losses: list[Array] = []
        gradients: list[Array] = []
        for start in range(0, hidden.shape[0], rows):
            part = hidden[start : start + rows]
            if losses:  # without this the logits of all chunks may be alive at once
                part = mx.depends([part], [gradients[-1], losses[-1]])[0]
            loss, gradient = _chunk(
                head, part, targets[start : start + rows], weights[start : start + rows]
            )
            losses.append(loss)
            gradients.append(gradient)
        return mx.stack(losses).sum(), mx.concatenate(gradients)

    def backward(primals: Any, cotangents: Any, outputs: Any) -> tuple[Array, Array, Array]:
        _, targets, weights = primals
        factor = cotangents[0]
        gradient = outputs[1] * factor.astype(outputs[1].dtype)
        return gradient, mx.zeros_like(targets), mx.zeros_like(weights)

    fused: Any = mx.custom_function(total)
    fused.vjp(backward)
    return fused(hidden, targets, weights)[0]


def chunk_rows(head: Head) -> int:
    """Rows of hidden states whose logits are held at a time."""
    return max(16, CHUNK_FLOATS // head.vocabulary)


def _chunk(head: Head, hidden: Array, targets: Array, weights: Array) -> tuple[Array, Array]:
    """Loss of a few rows and its gradient with respect to their hidden states.

    Each logit is exponentiated once, for the loss and the gradient: on a CPU that costs several
    times the product that made the logits.
    """
    logits, slope = head.logits(hidden)
    highest = logits.max(axis=-1, keepdims=True)
    powers = mx.exp(logits - highest)
    normaliser = powers.sum(axis=-1, keepdims=True)
    at_target = mx.take_along_axis(logits, targets[:, None], axis=-1)
    loss = ((highest + mx.log(normaliser) - at_target).squeeze(-1) * weights).sum()
    is_target = mx.arange(logits.shape[-1])[None, :] == targets[:, None]
    error = (powers / normaliser - is_target) * weights[:, None]
    return loss, head.pull(error if slope is None else error * slope, hidden.dtype)


def _forward_only(head: Head, hidden: Array, targets: Array) -> Array:
    rows = chunk_rows(head)
    losses: list[Array] = []
    for start in range(0, hidden.shape[0], rows):
        part = hidden[start : start + rows]
        if losses:
            part = mx.depends([part], [losses[-1]])[0]
        logits, _ = head.logits(part)
        losses.append(_cross_entropy(logits, targets[start : start + rows]))
    return mx.concatenate(losses)


def _at(states: Array, places: Array) -> Array:
    return states.reshape(-1, states.shape[-1])[places]


def _cross_entropy(logits: Array, targets: Array) -> Array:
    return nn_losses.cross_entropy(logits.astype(mx.float32), targets)
