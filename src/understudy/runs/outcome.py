"""Whether a training that was done again came out the same, and by how much it did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from understudy.records import Record

REPRODUCTION = "reproduction.json"
TOLERANCE = 0.01
"""Nats per token, of any recorded loss: what another machine's rounding grows to (the seeds of
the sample's trainings differ by ten times that)."""

_LOSSES = ("train_loss", "val_loss")


class Reproduced(Record):
    """`reproduction.json`: the latest repetition of a run."""

    outcome: Literal["identical", "within tolerance", "different"]
    same_adapter: bool
    """Byte for byte."""
    same_losses: bool
    """Every recorded loss, bit for bit."""
    largest_difference: float | None
    """Of any recorded loss, nats per token; null where the two recorded other updates."""
    at_update: int | None
    """Where that is."""
    differences: tuple[str, ...]
    """Inputs that were another than at the first time, in words."""
    timestamp: str


def judge(
    then: Mapping[str, Any],
    now: Mapping[str, Any],
    *,
    same_adapter: bool,
    differences: tuple[str, ...],
    timestamp: str,
) -> Reproduced:
    """Compare two runs' metrics.

    Args:
        then: `training_metrics.json` of the first time.
        now: The same of the repetition.
    """
    largest, at = _largest(then, now)
    identical = same_adapter and largest == 0
    near = largest is not None and largest <= TOLERANCE
    return Reproduced(
        outcome="identical" if identical else "within tolerance" if near else "different",
        same_adapter=same_adapter,
        same_losses=largest == 0,
        largest_difference=largest,
        at_update=at,
        differences=differences,
        timestamp=timestamp,
    )


def _largest(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[float | None, int | None]:
    """The largest difference and its update; no figure where they did not record the same."""
    updates = then["iterations"]
    if updates != now["iterations"]:
        return None, None
    largest, at = 0.0, None
    for name in _LOSSES:
        for update, one, other in zip(updates, then[name], now[name], strict=True):
            if (one is None) != (other is None):
                return None, update
            if one is not None and abs(one - other) > largest:
                largest, at = abs(one - other), update
    return largest, at
