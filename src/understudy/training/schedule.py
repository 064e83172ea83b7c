"""Learning rate by update, a pure function: a resumed run needs nothing to go on with it."""

from __future__ import annotations

from math import ceil, cos, pi

from understudy.settings import TrainSettings


def learning_rate(update: int, updates: int, settings: TrainSettings) -> float:
    """Rate of one update.

    It rises linearly over the warm-up, reaching `learning_rate` at its end, and then falls to 0
    after the last update, along a cosine or a line, or stays.

    Args:
        update: From 1.
        updates: How many there are.
    """
    warmup = ceil(settings.warmup_share * updates)
    if update <= warmup:
        return settings.learning_rate * update / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    done = (update - 1 - warmup) / max(1, updates - warmup)
    if settings.schedule == "linear":
        return settings.learning_rate * (1 - done)
    return settings.learning_rate * (1 + cos(pi * done)) / 2
