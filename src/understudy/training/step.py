"""The compiled part of training: one micro-batch's gradient, and one update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.optimizers as optim
import numpy as np
from mlx.utils import tree_map

from understudy.settings import TrainSettings
from understudy.training.adapters import flat
from understudy.training.batches import Batch
from understudy.training.checkpointing import DropoutKeys, key_dropouts, step_key
from understudy.training.layout import CALL_COST, CPU_CALL_COST, Kind, Layout
from understudy.training.loss import Objective
from understudy.training.packing import segment_caches

_USUAL_WIDTH = 2048


@dataclass(frozen=True)
class Gradient:
    """What one window of rows asks for."""

    tree: Any
    loss_sum: float
    """Nats, over the learned tokens."""
    norm: float
    """Before clipping."""


class Stepper:
    """Holds the trained parameters and the optimizer's state, and moves both on.

    Parameters go through the compiled functions as arguments and results; the frozen base is a
    constant in them, so that a step does not walk over it.
    """

    def __init__(self, model: Any, objective: Objective, settings: TrainSettings) -> None:
        self._model = model
        self._objective = objective
        self._settings = settings
        self._keys: DropoutKeys = key_dropouts(model)
        self.parameters: Any = model.trainable_parameters()
        self._nothing: Any = tree_map(_nought, self.parameters)  # not None: one trace less
        self._optimizer = optim.AdamW(
            learning_rate=0.0, weight_decay=settings.weight_decay, bias_correction=True
        )
        self._optimizer.init(self.parameters)
        self.state: Any = self._optimizer.state
        self._micro = mx.compile(self._micro_step)
        self._apply = mx.compile(self._apply_step)
        self._losses = mx.compile(self._token_losses)

    def gradient(self, batches: list[Batch], update: int) -> Gradient:
        """Mean gradient over the learned tokens of all micro-batches together.

        Weighting by tokens makes the result that of one large batch: splitting it changes
        memory, not learning.
        """
        share = 1 / sum(batch.learned for batch in batches)
        self._model.train()
        total = self._nothing
        loss_sum = 0.0
        for place, batch in enumerate(batches):
            key = step_key(self._settings.seed, update, place)
            loss, total = self._micro(self.parameters, total, key, mx.array(share), *arrays(batch))
            mx.eval(loss, total)
            loss_sum += float(loss)
        squares = [g.astype(mx.float32).square().sum() for g in flat(total).values()]
        return Gradient(total, loss_sum, float(mx.sqrt(mx.stack(squares).sum())))

    def apply(self, gradient: Gradient, learning_rate: float) -> None:
        """Move the parameters, clipping the gradient's norm where that is asked for."""
        limit = self._settings.clip_norm
        factor = min(1.0, limit / (gradient.norm + 1e-6)) if limit is not None else 1.0
        self.parameters, self.state = self._apply(
            self.parameters, self.state, gradient.tree, mx.array(factor), mx.array(learning_rate)
        )
        mx.eval(self.parameters, self.state)

    def token_losses(self, batch: Batch) -> mx.array:
        """Losses at the batch's places, `(places,)`, without dropout."""
        self._model.eval()
        return self._losses(self.parameters, *arrays(batch))

    def settle(self) -> Any:
        """Put the trained parameters into the model, where compiling left its own marks."""
        self._model.update(self.parameters)
        self._model.eval()
        return self._model

    def _micro_step(
        self, parameters: Any, total: Any, key: mx.array, share: mx.array, *batch: Any
    ) -> Any:
        inputs, places, targets, weights, rows = batch

        def loss_of(parameters: Any) -> Any:
            self._keys.draw(key)
            self._model.update(parameters)
            cache = self._cache(rows)
            return self._objective.total(inputs, places, targets, weights, cache) * share

        loss, gradient = mx.value_and_grad(loss_of)(parameters)
        return loss / share, tree_map(mx.add, gradient, total)

    def _apply_step(
        self, parameters: Any, state: Any, gradient: Any, factor: mx.array, rate: mx.array
    ) -> Any:
        self._optimizer.state = state
        self._optimizer.learning_rate = rate

        def scale(one: mx.array) -> mx.array:
            return (one * factor).astype(one.dtype)

        scaled = tree_map(scale, gradient)
        moved = self._optimizer.apply_gradients(scaled, parameters)
        # a checkpoint is read back in row order; another order here would round differently there
        return tree_map(mx.contiguous, (moved, self._optimizer.state))

    def _token_losses(self, parameters: Any, *batch: Any) -> mx.array:
        inputs, places, targets, _, rows = batch
        self._model.update(parameters)
        return self._objective.per_token(inputs, places, targets, self._cache(rows))

    def _cache(self, rows: mx.array | None) -> Any:
        return None if rows is None else segment_caches(self._model, rows)


def arrays(batch: Batch) -> tuple[Any, ...]:
    """A batch as MLX takes it: inputs, places, and targets and weights at the places.

    The row numbers follow only where they part packed rows.
    """
    learned = np.arange(len(batch.places)) < batch.learned
    return (
        mx.array(batch.inputs),
        mx.array(batch.places),
        mx.array(batch.targets.reshape(-1)[batch.places]),
        mx.array(learned.astype(np.float32)),
        mx.array(batch.rows) if batch.packed else None,
    )


def _nought(like: mx.array) -> mx.array:
    """Zeros in the shape of a parameter, in the memory of one number."""
    return mx.broadcast_to(mx.array(0, dtype=like.dtype), like.shape)


def device_layout(model: Any, kind: Kind, *, batch_size: int, capacity: int) -> Layout:
    """How rows are laid out for a model on this device; see `Layout`."""
    on_cpu = mx.default_device().type == mx.DeviceType.cpu
    return Layout(
        kind=kind,
        batch_size=batch_size,
        capacity=capacity,
        call_cost=CPU_CALL_COST if on_cpu else CALL_COST,
        width=_width(model),
    )


def _width(model: Any) -> int:
    """Of the hidden states; all that hangs on it is which layout is taken for the cheapest."""
    norms = [p.size for name, p in flat(model.layers[0].parameters()).items() if "norm" in name]
    return max(norms, default=_USUAL_WIDTH)
