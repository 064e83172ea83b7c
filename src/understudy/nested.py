"""Nested settings as dotted keys, as people write and compare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast


def flattened(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield `("train.lora.rank", 8)` for each leaf; a list is a leaf."""
    for key, one in value.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(one, Mapping):
            yield from flattened(cast("Mapping[str, Any]", one), name)
        else:
            yield name, one
