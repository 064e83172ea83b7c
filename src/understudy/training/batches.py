"""Rows to arrays: which rows make up an update, and how they lie in memory.

An update always takes the same rows, however they are laid out: `bucketed` sorts
an update's rows by length and pads little, `packed` puts several rows into one
sequence (`understudy.training.layout`). So the layout changes time and memory and
not what is learned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from understudy.errors import TrainingError
from understudy.training.chat import Encoded
from understudy.training.layout import Call, Layout, padded

_AFTER_END = 3
"""Of the last learned tokens of a row one ends the turn."""


@dataclass(frozen=True)
class Example:
    """A tokenised row that fits the model."""

    id: str
    cluster: str
    """Its video: rows of one video are not independent."""
    tokens: NDArray[np.int32]
    learned_from: int
    """First token that is learned, at least 1: the first of a row has nothing before it."""
    truncated: bool = False

    @property
    def length(self) -> int:
        return len(self.tokens)

    @property
    def learned(self) -> int:
        """Tokens that carry loss."""
        return max(0, self.length - self.learned_from)


@dataclass(frozen=True)
class Batch:
    """What one forward pass takes. All arrays are `(batch, time)`."""

    inputs: NDArray[np.int32]
    """Token ids, padded with 0 on the right."""
    targets: NDArray[np.int32]
    """The token that follows each input."""
    weights: NDArray[np.float32]
    """1 where the target is learned."""
    rows: NDArray[np.int32]
    """Index of the example each position belongs to, -1 for padding."""
    places: NDArray[np.int32]
    """`(places,)`: the positions that are learned, counted through all lines. Logits of no others
    are computed. Filled with 0 to a multiple of `PAD_TO`."""
    packed: bool
    """Whether a sequence holds several rows, so that attention needs `rows` to part them."""

    @property
    def learned(self) -> int:
        return int(self.weights.sum())

    @property
    def useful(self) -> int:
        """Positions that are no padding."""
        return int((self.rows >= 0).sum())


@dataclass(frozen=True)
class Update:
    """The rows of one optimizer step, in the micro-batches their gradients add up from."""

    number: int
    """From 1."""
    epoch: int
    """From 0."""
    groups: tuple[Call, ...]
    """Micro-batches of sequences of row indices."""


@dataclass(frozen=True)
class Plan:
    """Which rows make up which update, derived from counts and seed alone.

    Nothing else draws from its generators, so neither validating more often nor resuming
    changes the order.
    """

    lengths: tuple[int, ...]
    """Tokens of each row."""
    epochs: float
    window: int
    """Rows of a whole update."""
    seed: int
    layout: Layout

    @property
    def rows_of_epochs(self) -> list[int]:
        """How many rows each epoch takes; only the last may take fewer than all."""
        return rows_of_epochs(len(self.lengths), self.epochs)

    @property
    def updates(self) -> int:
        return count_updates(len(self.lengths), epochs=self.epochs, window=self.window)

    def first_update(self, epoch: int) -> int:
        """Number of an epoch's first update."""
        return 1 + sum(ceil(rows / self.window) for rows in self.rows_of_epochs[:epoch])

    @property
    def announcement(self) -> str:
        """The arithmetic in words: "1,367 rows x 2 epochs / 8 = 342 updates"."""
        return (
            f"{len(self.lengths):,} rows x {self.epochs:g} epochs / {self.window} = "
            f"{self.updates:,} updates"
        )

    def after(self, done: int) -> Iterator[Update]:
        """Yield the updates that follow the first `done`."""
        number = 0
        for epoch, size in enumerate(self.rows_of_epochs):
            count = ceil(size / self.window)
            if number + count <= done:
                number += count
                continue
            order = self._order(epoch)[:size]
            for start in range(0, size, self.window):
                number += 1
                if number > done:
                    rows = [int(row) for row in order[start : start + self.window]]
                    yield Update(number, epoch, self.layout.calls(rows, self.lengths))

    def _order(self, epoch: int) -> NDArray[np.int64]:
        generator = np.random.Generator(np.random.PCG64([self.seed, epoch]))
        return generator.permutation(len(self.lengths))


def rows_of_epochs(rows: int, epochs: float) -> list[int]:
    """How many rows each epoch takes; only the last may take fewer than all."""
    whole, rest = divmod(round(epochs * rows), rows)
    return [rows] * whole + ([rest] if rest else [])


def count_updates(rows: int, *, epochs: float, window: int) -> int:
    """Updates of a training.

    Args:
        window: Rows of a whole update; the last of an epoch may have fewer.
    """
    return sum(ceil(size / window) for size in rows_of_epochs(rows, epochs))


def collate(sequences: Sequence[Sequence[int]], examples: Sequence[Example]) -> Batch:
    """Lay sequences of rows out as arrays.

    Args:
        sequences: Row indices of each line of the batch.
    """
    used = [sum(examples[row].length - 1 for row in sequence) for sequence in sequences]
    shape = (len(sequences), padded(max(used)))
    inputs = np.zeros(shape, dtype=np.int32)
    targets = np.zeros(shape, dtype=np.int32)
    weights = np.zeros(shape, dtype=np.float32)
    rows = np.full(shape, -1, dtype=np.int32)
    for line, sequence in enumerate(sequences):
        at = 0
        for row in sequence:
            one = examples[row]
            end = at + one.length - 1
            inputs[line, at:end] = one.tokens[:-1]
            targets[line, at:end] = one.tokens[1:]
            weights[line, at + one.learned_from - 1 : end] = 1
            rows[line, at:end] = row
            at = end
    packed = any(len(sequence) > 1 for sequence in sequences)
    return Batch(inputs, targets, weights, rows, _places(weights), packed)


def _places(weights: NDArray[np.float32]) -> NDArray[np.int32]:
    learned = np.flatnonzero(weights)
    filled = np.zeros(padded(len(learned)), dtype=np.int32)
    filled[: len(learned)] = learned
    return filled


def example(
    id_: str, cluster: str, encoded: Encoded, *, max_seq_length: int | None, mask_prompt: bool
) -> Example:
    """Cut a row to the longest sequence and mark what is learned.

    A row that is cut loses its end of turn: to end it early would teach to stop mid-sentence.
    """
    limit = encoded.length if max_seq_length is None else max_seq_length
    return Example(
        id=id_,
        cluster=cluster,
        tokens=encoded.tokens[:limit],
        learned_from=max(1, encoded.prompt_length) if mask_prompt else 1,
        truncated=encoded.length > limit,
    )


def ends_learned(examples: Sequence[Example], ends: Collection[int]) -> float:
    """Share of rows whose end of turn is learned, in [0, 1].

    Read off the arrays that training takes, mask and all. A template may put a line end after it,
    hence the last few tokens.

    Args:
        ends: Token ids that end a turn.
    """
    batches = [collate([[row]], examples) for row in range(len(examples))]
    last = [batch.targets[batch.weights > 0][-_AFTER_END:] for batch in batches]
    return sum(bool(set(found.tolist()) & set(ends)) for found in last) / len(examples)


def check_lengths(examples: Sequence[Example], *, max_seq_length: int, max_share: float) -> None:
    """Refuse a set of which too much would be cut.

    Args:
        max_share: Largest share of cut rows, in [0, 1].

    Raises:
        TrainingError: More rows are cut, or nothing of a row would be learned. Raise
            `train.max_seq_length`, or allow it with `train.max_truncated_share`.
    """
    cut = [one for one in examples if one.truncated]
    if len(cut) > max_share * len(examples):
        raise TrainingError(
            f"{len(cut)} of {len(examples)} rows are longer than train.max_seq_length "
            f"{max_seq_length} tokens, first {cut[0].id}: raise it, or allow the cut with "
            f"train.max_truncated_share (now {max_share:g})"
        )
    mute = next((one for one in examples if one.learned == 0), None)
    if mute is not None:
        raise TrainingError(
            f"nothing of row {mute.id} would be learned: its prompt alone fills "
            f"train.max_seq_length {max_seq_length}"
        )
