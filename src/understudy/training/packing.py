"""Several rows in one sequence, none of which sees another.

mlx-lm's models build their attention mask by asking the cache for it, so a cache
that stores nothing and answers with a block-diagonal mask parts the rows without
touching a model. Positions need not restart: rotary embeddings turn queries and
keys by their absolute positions, and the product depends on the difference alone.
Whether that holds for a given model is measured before it is used.
"""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import numpy as np

Array = mx.array

TOLERANCE = 1e-3
"""Relative to the largest logit, in float32; sixteen-bit models get twenty times as much."""


class SegmentCache:
    """Stands where a layer's cache would, stores nothing, and parts the rows.

    Args:
        rows: Index of the row each position belongs to, -1 for padding, `(batch, time)`.
    """

    offset = 0

    def __init__(self, rows: Array) -> None:
        self._rows = rows

    def make_mask(
        self,
        N: int,  # noqa: N803  (mlx-lm's name)
        return_array: bool = False,  # noqa: ARG002, FBT001, FBT002
        window_size: int | None = None,
    ) -> Array:
        """Boolean mask, `(batch, 1, N, N)`: causal, within the row, within the window.

        Padding sees padding: a position that sees nothing would turn its output into NaN.
        """
        places = mx.arange(N)
        causal = places[:, None] >= places[None, :]
        if window_size is not None:
            causal = causal & (places[:, None] < places[None, :] + window_size)
        same_row = self._rows[:, :, None] == self._rows[:, None, :]
        return (same_row & causal[None])[:, None]

    def update_and_fetch(self, keys: Array, values: Array) -> tuple[Array, Array]:
        return keys, values


def segment_caches(model: Any, rows: Array) -> list[SegmentCache]:
    """One for each layer; they share the rows."""
    shared = SegmentCache(rows)
    return [shared] * len(model.layers)


def can_pack(model: Any) -> tuple[bool, str]:
    """Measure whether two rows packed together give the logits they give alone.

    Returns:
        Whether they do, and in words why not, or "".
    """
    vocabulary_probe = np.arange(24, dtype=np.int32)[None] % 16
    first, second = vocabulary_probe[:, :9], vocabulary_probe[:, 9:]
    rows = np.repeat([0, 1], [9, 15]).astype(np.int32)[None]
    try:
        packed = model(
            mx.array(vocabulary_probe), cache=segment_caches(model, mx.array(rows))
        ).astype(mx.float32)
    except Exception as error:  # noqa: BLE001  (an architecture may ask its cache for anything)
        return False, f"its layers do not take a segment mask ({type(error).__name__}: {error})"
    alone = mx.concatenate([model(mx.array(first)), model(mx.array(second))], axis=1)
    distance = float(mx.abs(packed - alone.astype(mx.float32)).max())
    tolerance = TOLERANCE * (1 if alone.dtype == mx.float32 else 20)
    if not distance <= tolerance * float(mx.abs(alone).max()):
        return False, "its attention depends on where in the sequence a row lies"
    return True, ""
