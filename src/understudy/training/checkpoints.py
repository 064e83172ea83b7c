"""Everything a killed training needs to go on as if nothing had happened, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_map_with_path

from understudy.errors import TrainingError
from understudy.records import Record
from understudy.training.adapters import ADAPTER, flat, write_safetensors
from understudy.training.runs import CHECKPOINT


class Position(Record):
    """Where a training stands. Order and dropout follow from the update's number alone."""

    update: int = 0
    best_update: int | None = None
    best_loss: float | None = None
    stale: int = 0
    """Validations since the best."""
    start_loss: float | None = None
    """Validation loss before training."""
    last_loss: float | None = None
    """Of the latest validation."""
    loss_sum: float = 0.0
    """Nats since the last line of metrics."""
    learned: int = 0
    """Tokens since the last line of metrics."""
    trained_tokens: int = 0


def save_checkpoint(folder: Path, position: Position, parameters: Any, state: Any) -> None:
    """Write parameters, optimizer state and position, all or nothing."""
    arrays = {f"parameters.{name}": value for name, value in flat(parameters).items()}
    arrays |= {f"optimizer.{name}": value for name, value in flat(state).items()}
    write_safetensors(folder / CHECKPOINT, arrays, {"position": position.model_dump_json()})


def load_checkpoint(folder: Path, parameters: Any, state: Any) -> tuple[Position, Any, Any] | None:
    """Return position, parameters and optimizer state, or None where there is no checkpoint.

    Args:
        parameters: A tree of the same shape; the loaded one has its order too, because the
            order decides how MLX fuses an update, and that its last bits.
        state: The same for the optimizer.

    Raises:
        TrainingError: The file is there and cannot be read, or belongs to another training.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        loaded: Any = mx.load(str(path), return_metadata=True)
        arrays, metadata = loaded
        position = Position.model_validate_json(metadata["position"])
        filled = _fill(parameters, arrays, "parameters."), _fill(state, arrays, "optimizer.")
    except (RuntimeError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{folder.name}/{CHECKPOINT} cannot be read ({error}): delete it to begin again"
        ) from error
    if position.best_update is not None and not (folder / ADAPTER).exists():
        return None  # the best adapter was taken away: only a new training makes it again
    return position, *filled


def _fill(template: Any, arrays: dict[str, mx.array], prefix: str) -> Any:
    def take(name: str, _: mx.array) -> mx.array:
        return arrays[prefix + name]

    filled: Any = tree_map_with_path(take, template)
    return filled
