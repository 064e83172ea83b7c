"""What the verdict needs of the training's own metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isfinite
from statistics import fmean
from typing import Any

from understudy.proof.records import Curve


def curve_of(metrics: Mapping[str, Any] | None) -> Curve | None:
    """Read what the verdict needs from the training's metrics.

    Args:
        metrics: Equal-length lists `iterations`, `train_loss`, `val_loss`, with None where a line
            has no such figure.
    """
    if not metrics or not metrics.get("iterations"):
        return None
    updates = [int(one) for one in metrics["iterations"]]
    train = _series(updates, metrics.get("train_loss"))
    valid = _series(updates, metrics.get("val_loss"))
    everything = [value for _, value in (*train, *valid)]
    train, valid = [
        [(at, value) for at, value in series if isfinite(value)] for series in (train, valid)
    ]
    best = min(valid, key=lambda one: one[1], default=None)
    part = ceil(len(train) / 10)
    return Curve(
        updates=max(updates),
        train_first=fmean(value for _, value in train[:part]) if train else None,
        train_last=fmean(value for _, value in train[-part:]) if train else None,
        val_first=valid[0][1] if valid else None,
        val_best=best[1] if best else None,
        val_best_at=best[0] if best else None,
        val_last=valid[-1][1] if valid else None,
        diverged=not all(map(isfinite, everything)),
    )


def _series(updates: Sequence[int], values: Any) -> list[tuple[int, float]]:
    pairs = zip(updates, values or [], strict=False)
    return [(at, float(value)) for at, value in pairs if value is not None]
