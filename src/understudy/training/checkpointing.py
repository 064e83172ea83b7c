"""Gradient checkpointing, and a dropout that can be drawn twice.

`mx.checkpoint` runs a layer again in the backward pass. MLX's own dropout takes
the next key of a global generator, so the second run drops other elements and the
gradient belongs to no forward pass at all: mlx-lm 0.32.2 has this whenever
dropout meets `grad_checkpoint`. Here each dropout is given its key from outside,
once for a step, which also makes a resumed step draw what it would have drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn


class DropoutKeys:
    """The keys of one step, shared by all dropouts of a model."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._keys: Any = None

    def draw(self, key: mx.array) -> None:
        """Derive one key for each dropout. Call it first in every step."""
        self._keys = mx.random.split(key, max(1, self._count))

    def of(self, place: int) -> mx.array:
        return self._keys[place]

    @property
    def drawn(self) -> Any:
        return self._keys

    @contextmanager
    def held(self, keys: Any) -> Generator[None]:
        """Use these for a while."""
        before, self._keys = self._keys, keys
        try:
            yield
        finally:
            self._keys = before


class KeyedDropout(nn.Module):
    """Dropout that takes its key from `DropoutKeys`."""

    def __init__(self, keep: float, keys: DropoutKeys, place: int) -> None:
        super().__init__()
        self._keep = keep
        self.source = keys
        self._place = place

    def __call__(self, x: mx.array) -> mx.array:
        if self._keep == 1 or not self.training:
            return x
        kept = mx.random.bernoulli(self._keep, x.shape, key=self.source.of(self._place))
        return (kept * x / self._keep).astype(x.dtype)


def key_dropouts(model: Any) -> DropoutKeys:
    """Put a keyed dropout in the place of every adapter's own."""
    adapted = [module for _, module in model.named_modules() if "lora_a" in module]
    keys = DropoutKeys(len(adapted))
    for place, module in enumerate(adapted):
        module.dropout = KeyedDropout(getattr(module.dropout, "_p_1", 1.0), keys, place)
    return keys


def step_key(seed: int, update: int, micro_batch: int) -> mx.array:
    """The key of one forward pass: a function of where it stands, so nothing need be saved."""
    drawn = np.random.SeedSequence([seed, update, micro_batch]).generate_state(1, np.uint64)
    return mx.random.key(int(drawn[0]))


@contextmanager
def checkpointed(model: Any, *, on: bool) -> Generator[None]:
    """Recompute the activations of every layer in the backward pass, inside this block.

    Python looks `__call__` up on the class, so the layers' classes are changed and put back.
    """
    classes: set[Any] = {type(layer) for layer in model.layers} if on else set()
    before = {one: one.__call__ for one in classes}
    for one, plain in before.items():
        one.__call__ = _recomputing(plain)
    try:
        yield
    finally:
        for one, plain in before.items():
            one.__call__ = plain


def _recomputing(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Keys go through the checkpoint as an input. Otherwise both runs would draw by one and the same
    operation, and its random bits, four bytes for each number, would be kept between them.
    """

    def run(layer: Any, *args: Any, **options: Any) -> Any:
        keys = _keys_of(layer)

        def again(parameters: Any, drawn: Any, *args: Any, **options: Any) -> Any:
            layer.update(parameters)
            with keys.held(mx.stop_gradient(drawn)):
                return plain(layer, *args, **options)

        checkpoint: Any = mx.checkpoint(again)
        drawn = keys.drawn if layer.training else None  # outside training nothing draws
        given = mx.array(0) if drawn is None else drawn
        return checkpoint(layer.trainable_parameters(), given, *args, **options)

    return run


def _keys_of(layer: Any) -> DropoutKeys:
    dropouts = (one for one in layer.modules() if isinstance(one, KeyedDropout))
    return next((one.source for one in dropouts), DropoutKeys(0))
