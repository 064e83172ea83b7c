"""The adapter's change added to the base's weights, in float32 and never into a quantised weight.

Where the change is 0.1, 0.2, 0.5 of a quantisation step, what survives fusing into
4 bits correlates 0.11, 0.41, 0.86 with what was learnt (FACTS 22). So the base is
dequantised first, each weight is added up in float32 and rounded once, and what
is left of the change is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_unflatten

from understudy.errors import ExportError
from understudy.export.records import Survival

GROUP = 32
"""Weights that share a scale after `--bits`; small, for less is lost."""


@dataclass
class _Tally:
    """Sums over the weights of the learnt change and of the one that is exported."""

    both: float = 0.0
    learnt: float = 0.0
    kept: float = 0.0
    by_module: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, learnt: mx.array, kept: mx.array) -> None:
        sums = [float((a * b).sum()) for a, b in ((learnt, kept), (learnt, learnt), (kept, kept))]
        self.both, self.learnt, self.kept = (
            before + one
            for before, one in zip((self.both, self.learnt, self.kept), sums, strict=True)
        )
        self.by_module[name] = _cosine(*sums)

    def survival(self) -> Survival | None:
        if not self.by_module:
            return None
        worst = min(self.by_module, key=lambda name: self.by_module[name])
        return Survival(
            correlation=_cosine(self.both, self.learnt, self.kept),
            worst=self.by_module[worst],
            worst_module=worst,
            modules=len(self.by_module),
        )


def _cosine(both: float, one: float, other: float) -> float:
    """Of nothing learnt and nothing kept nothing was lost."""
    return both / sqrt(one * other) if one and other else float(one == other)


def fuse(model: Any, *, bits: int | None) -> Survival | None:
    """Replace every adapted module by a plain one, in place.

    Args:
        model: With its adapter in it.
        bits: Quantise the result, in groups of `GROUP`; None keeps the base's precision.

    Returns:
        What survived, None where the model holds no adapters (full fine-tuning).

    Raises:
        ExportError: A module cannot be fused.
    """
    from mlx_lm.utils import dequantize_model

    dequantize_model(model)
    tally = _Tally()
    fused: list[tuple[str, Any]] = []
    for name, module in model.named_modules():
        if "lora_a" in module:
            fused.append((name, _fused(name, module, tally, bits)))
    if fused:
        model.update_modules(tree_unflatten(fused))
    if bits is not None:
        nn.quantize(model, group_size=GROUP, bits=bits, class_predicate=_fits)
    mx.eval(model.parameters())
    return tally.survival()


def _fused(name: str, module: Any, tally: _Tally, bits: int | None) -> Any:
    """Fuse one module in float32 and give it its own precision back."""
    if not hasattr(module, "fuse"):
        raise ExportError(
            f"{name} cannot be fused: mlx-lm knows no way for {type(module).__name__}"
        )
    inner = module.embedding if "embedding" in module else module.linear
    kind = inner.weight.dtype
    before = inner.weight.astype(mx.float32)
    inner.weight = before
    result = module.fuse()
    after = result.weight
    result.weight = after.astype(kind)
    kept = _rounded(result.weight, bits).astype(mx.float32) - before
    tally.add(name, after - before, kept)
    mx.eval(result.parameters())
    return result


def _rounded(weight: mx.array, bits: int | None) -> mx.array:
    """What a reader of the file gets back for a weight."""
    if bits is None or weight.shape[-1] % GROUP:
        return weight
    quantised: Any = mx.quantize(weight, group_size=GROUP, bits=bits)
    return mx.dequantize(*quantised, group_size=GROUP, bits=bits)


def _fits(_: str, module: Any) -> bool:
    return hasattr(module, "to_quantized") and module.weight.shape[-1] % GROUP == 0


Fuse = Callable[..., Survival | None]
