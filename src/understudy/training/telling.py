"""A training in few lines: what it is about to do, how, from where, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def planned(event: Mapping[str, Any]) -> str:
    """What is about to be trained, as read back from the tensors.

    Args:
        event: `plan`, as the training sends it.
    """
    found = event["effective"]
    layers = len(found["layers"])
    where = f"{layers} layer{'s' if layers != 1 else ''}"
    said = f"{event['message']}; {found['fine_tune']} on {where}"
    if found["rank"] is None:
        return said
    product = found["learning_rate_times_scale"]
    return f"{said}, rank {found['rank']}, learning rate x scale {product:g}"


def laid_out(event: Mapping[str, Any]) -> str:
    """How the rows lie in memory, and why.

    Args:
        event: `plan`, as the training sends it.
    """
    batching = event["batching"]
    return f"{batching['kind']} rows ({batching['reason']})"


def resumed(event: Mapping[str, Any]) -> str:
    """From where a training that was cut short goes on.

    Args:
        event: `resumed`, as the training sends it.
    """
    return f"goes on from the checkpoint after update {event['update']}"


def ended(result: Mapping[str, Any], where: str) -> str:
    """How a training came out.

    Args:
        result: Of its `run_metadata.json`.
        where: The run's folder.
    """
    best, before = result["best_val_loss"], result["start_val_loss"]
    if best is None or before is None:
        return f"nothing was validated, the last adapter is kept; {where}"
    early = ", ended early" if result["ending"] == "patience" else ""
    if best >= before:
        return (
            f"the validation loss never fell below the base's {before:.3f}: {best:.3f} at best, at "
            f"update {result['best_update']}{early}; {where}"
        )
    return (
        f"validation loss {before:.3f} -> {best:.3f}, best at update {result['best_update']}"
        f"{early}; {where}"
    )
