"""How much memory a training will take, foreseen from the base's files: nothing is loaded.

Weights and adapters are counted from the headers of the safetensors. What a step holds beside them
grows with the architecture's widths by the factors below. They were fitted to 40 measured peaks of
small Llamas, and `benchmarks/preflight.py` holds them to others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.errors import BaseModelError
from understudy.models import weight_files
from understudy.settings import TrainSettings

CHUNK_FLOATS = 5 * 2**20
"""Logits that the chunked loss holds at a time: 20 MiB in float32."""

ALIVE_CHUNKS = 12.0
"""So many arrays of a chunk's size are alive at its peak, because MLX allocates for the operations
that it has dispatched and not yet done (10 on a quiet machine, 13 on a busy one); but no more than
`ALIVE_LOGITS` of all learned logits."""
ALIVE_LOGITS = 4.2
ALIVE_WITH_ALL = 6.8
"""The same where all logits are computed at once and those of the answers taken out of them."""

ADAPTER_COPIES = 4.6
"""Parameters, two moments, and gradients on their way."""

_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.(.+)\.weight$")
_MOST_HEADER = 100 * 2**20


@dataclass(frozen=True)
class _Factors:
    """Numbers held for each position: of a width, of the MLP's, of heads x length."""

    width: float
    inner: float
    scores: float

    def times(self, base: Base, length: int) -> float:
        return (
            self.width * (base.width + base.keys)
            + self.inner * base.inner
            + self.scores * base.heads * length
        )


_KEPT = _Factors(width=3.7, inner=5.0, scores=1.15)
"""By each trained layer until its backward pass."""
_WORKING = _Factors(width=19.4, inner=3.7, scores=0.3)
"""While one layer's gradient is computed."""
_RECOMPUTED = _Factors(width=10.7, inner=13.5, scores=3.5)
"""The same where checkpointing computes the layer again; each layer then keeps its input alone."""
_SIXTEEN_BIT_ITEM = 2.65
"""Bytes of a number in a 16-bit base: what LoRA reads is held in float32 too."""
_DROPPED, _DROPPED_AGAIN = 1.25, 2.0
"""Numbers kept for each input of an adapter with dropout: the dropped copy and its mask. Where a
layer is computed again, the random bits too."""


@dataclass(frozen=True)
class Base:
    """What of a base decides on memory."""

    layers: int
    width: int
    keys: int
    """Width of keys and values together."""
    heads: int
    inner: int
    """Width inside the MLP."""
    vocabulary: int
    weights: int
    """Bytes."""
    bits: int
    """Of a weight, scales not counted."""
    item: float
    """Bytes of one number on its way through the model."""
    modules: Mapping[int, Mapping[str, tuple[int, int]]]
    """By layer: what a module takes and gives, by its name inside the layer."""


@dataclass(frozen=True)
class Largest:
    """The largest call of a training."""

    lines: int
    """Sequences side by side."""
    length: int
    """Positions of each, padding included."""
    learned: int
    """Positions whose logits are computed."""


def at_worst(settings: TrainSettings) -> Largest:
    """The largest call that the settings allow, whatever the rows are."""
    lines = 1 if settings.batching == "packed" else settings.batch_size
    return Largest(lines, settings.max_seq_length, lines * settings.max_seq_length)


@dataclass(frozen=True)
class Footprint:
    """Bytes at the peak of a training."""

    weights: int
    adapter: int
    """With gradients and the optimizer's state."""
    activations: int
    working: int
    """The larger of the loss and of one layer's backward pass: they follow one another."""

    @property
    def peak(self) -> int:
        return self.weights + self.adapter + self.activations + self.working


def foresee(base: Base, settings: TrainSettings, largest: Largest) -> Footprint:
    """Say what the largest call will take."""
    length = largest.length
    unit = largest.lines * length * base.item
    loss = _loss(base, settings, largest.learned)
    if settings.grad_checkpoint:
        kept = unit * base.width * base.layers
        working = unit * (
            _RECOMPUTED.times(base, length) + _dropped(base, settings, _DROPPED_AGAIN)
        )
        loss += unit * base.heads * length  # the last layer's attention waits for its gradient
    else:
        count = trained_layers(base, settings)
        kept = unit * count * _KEPT.times(base, length)
        kept += unit * count * _dropped(base, settings, _DROPPED)
        working = unit * _WORKING.times(base, length)
    return Footprint(
        weights=base.weights,
        adapter=round(ADAPTER_COPIES * adapter_bytes(base, settings)),
        activations=round(kept),
        working=round(max(working, loss)),
    )


def _loss(base: Base, settings: TrainSettings, learned: int) -> float:
    if settings.loss == "full":
        return ALIVE_WITH_ALL * learned * base.vocabulary * 4
    alive = min(ALIVE_LOGITS * learned, ALIVE_CHUNKS * max(16, CHUNK_FLOATS // base.vocabulary))
    return alive * base.vocabulary * 4


def _dropped(base: Base, settings: TrainSettings, factor: float) -> float:
    """Numbers for each position that dropout adds to a layer."""
    if settings.lora.dropout == 0 or settings.fine_tune == "full":
        return 0
    taken = sum(widths[0] for widths in _adapted(base, settings))
    return factor * taken / trained_layers(base, settings)


def trained_layers(base: Base, settings: TrainSettings) -> int:
    """How many layers get an adapter."""
    wanted = settings.lora.layers
    return base.layers if wanted == -1 else max(1, min(wanted, base.layers))


def adapter_bytes(base: Base, settings: TrainSettings) -> int:
    """Of everything that trains: adapters in float32, or the layers themselves."""
    if settings.fine_tune == "full":
        return round(base.item * sum(taken * given for taken, given in _adapted(base, settings)))
    return 4 * settings.lora.rank * sum(map(sum, _adapted(base, settings)))


def _adapted(base: Base, settings: TrainSettings) -> Iterator[tuple[int, int]]:
    """Widths of the modules that train."""
    wanted = None if settings.fine_tune == "full" else settings.lora.modules
    for layer in range(base.layers - trained_layers(base, settings), base.layers):
        for name, widths in base.modules.get(layer, {}).items():
            if wanted is None or name in wanted:
                yield widths


# --- reading -----------------------------------------------------------------


def read_base(folder: Path) -> Base:
    """Read config and headers.

    Raises:
        BaseModelError: They cannot be read, or name no widths that we know.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors = {name: about for path in weight_files(folder) for name, about in _header(path)}
        return _base(config, tensors)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BaseModelError(
            f"the memory that {folder.name} needs cannot be foreseen: {type(error).__name__} "
            f"({error}) in its config.json or its safetensors"
        ) from error


def _base(config: dict[str, Any], tensors: dict[str, dict[str, Any]]) -> Base:
    text: dict[str, Any] = config.get("text_config", config)
    heads = int(text["num_attention_heads"])
    head = int(text.get("head_dim") or text["hidden_size"] // heads)
    quantised = (config.get("quantization") or {}).get("bits")
    norms = [about["dtype"] for name, about in tensors.items() if name.endswith("norm.weight")]
    sixteen = bool(norms) and all(dtype != "F32" for dtype in norms)
    return Base(
        layers=int(text["num_hidden_layers"]),
        width=int(text["hidden_size"]),
        keys=2 * head * int(text.get("num_key_value_heads") or heads),
        heads=heads,
        inner=int(text["intermediate_size"]),
        vocabulary=int(text["vocab_size"]),
        weights=sum(
            end - start for start, end in (one["data_offsets"] for one in tensors.values())
        ),
        bits=int(quantised or (16 if sixteen else 32)),
        item=_SIXTEEN_BIT_ITEM if sixteen else 4,
        modules=_modules(tensors, int(quantised or 32)),
    )


def _modules(
    tensors: dict[str, dict[str, Any]], bits: int
) -> dict[int, dict[str, tuple[int, int]]]:
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for name, about in tensors.items():
        place, shape = _LAYER.search(name), about["shape"]
        if place is None or len(shape) != 2:
            continue
        packed = about["dtype"] == "U32"  # so many numbers in each of 32 bits
        taken = shape[1] * 32 // bits if packed else shape[1]
        found.setdefault(int(place[1]), {})[place[2]] = (taken, shape[0])
    return found


def _header(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Names, types, shapes and places of a file's tensors.

    Source:
        The format's description: eight bytes with the header's length, then JSON.
    """
    with path.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        if size > _MOST_HEADER:
            raise ValueError(f"{path.name} has a header of {size} bytes")
        header: dict[str, dict[str, Any]] = json.loads(stream.read(size))
    return [(name, about) for name, about in header.items() if name != "__metadata__"]
