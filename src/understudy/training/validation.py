"""The loss on the whole validation set, always the same rows, with its standard error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from understudy.training.batches import Batch, Example, collate
from understudy.training.layout import Layout


@dataclass(frozen=True)
class Validation:
    """One validation."""

    loss: float
    """Nats per learned token."""
    standard_error: float
    """Over videos: rows of one video are not independent. NaN with a single video."""


def is_lost(loss: float, *, start: float, vocabulary: int) -> bool:
    """Whether a training has diverged: worse than guessing, and than twice what it began with.

    Args:
        start: Validation loss before training.
        vocabulary: Tokens to guess among.
    """
    return not isfinite(loss) or loss > max(log(vocabulary), 2 * start)


def validation_batches(examples: Sequence[Example], layout: Layout) -> list[Batch]:
    """Lay all rows out once; none is left over."""
    calls = layout.calls(range(len(examples)), [one.length for one in examples])
    return [collate(call, examples) for call in calls]


def validate(
    token_losses: Callable[[Batch], Any], batches: Sequence[Batch], examples: Sequence[Example]
) -> Validation:
    """Measure the loss.

    Args:
        token_losses: Gives the losses at a batch's places, `(places,)`.
        examples: What the batches were laid out from.
    """
    sums = np.zeros(len(examples))
    for batch in batches:
        add_row_losses(sums, np.array(token_losses(batch)), batch)
    return summarise(sums, examples)


def add_row_losses(sums: NDArray[np.float64], losses: NDArray[np.float32], batch: Batch) -> None:
    """Add a batch's losses to the sums of the rows they belong to, in float64.

    Args:
        sums: `(rows,)`, changed in place.
        losses: At the batch's places, `(places,)`; what stands there only to fill is left out.
    """
    learned = batch.learned
    rows = batch.rows.reshape(-1)[batch.places[:learned]]
    np.add.at(sums, rows, losses[:learned].astype(np.float64))


def summarise(sums: NDArray[np.float64], examples: Sequence[Example]) -> Validation:
    """Turn losses by row into a mean per token and its standard error.

    Source:
        The ratio estimator over clusters, with the usual factor g / (g - 1) for g clusters
        (Cochran, Sampling Techniques, 3rd edition, section 9A.5).
    """
    tokens = np.array([one.learned for one in examples], dtype=np.float64)
    mean = float(sums.sum() / tokens.sum())
    names = sorted({one.cluster for one in examples})
    place = {name: index for index, name in enumerate(names)}
    residuals = np.zeros(len(names))
    np.add.at(residuals, [place[one.cluster] for one in examples], sums - mean * tokens)
    count = len(names)
    if count < 2:
        return Validation(mean, float("nan"))
    spread = count / (count - 1) * float((residuals**2).sum())
    return Validation(mean, sqrt(spread) / float(tokens.sum()))
