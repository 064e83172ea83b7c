"""All pairs of similar texts, exactly, far below the cost of comparing all pairs.

Similarity is `rapidfuzz.fuzz.ratio / 100` = 1 - indel / (length + length), where
indel counts inserted and deleted characters. Three tests follow each other, each
dearer and sharper than the one before; the first two only ever exclude pairs that
cannot be similar.

1. One edit moves a histogram of letters by 1, so indel is at least the L1 distance
   of the histograms. In unary code ("at least one e", "at least two e", …) the
   overlap of two histograms is a dot product: one matrix product bounds all pairs of
   a tile. About one pair in a hundred passes.
2. One edit takes away and adds at most 3 pairs of neighbouring letters, so 3 x indel
   is at least the L1 distance of those histograms: exclusive or and a count of bits.
   About one in ten passes.
3. rapidfuzz measures the rest, and whole numbers are compared.

Leaving digits of a unary code out only shrinks a distance, so few hundred columns do.
In the matrix product two columns share one multiplication: with x = a1 + 256 a2 and
y = b2 + 256 b1, the second byte of the sum of x y is the sum of a1 b1 + a2 b2. All
sums stay below 2**24, where single precision is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Indel
from threadpoolctl import threadpool_limits

from understudy.similarity.histograms import Digits, Flags, Ints, choose_digits, slices

_PACKED = 127
"""Packed columns: with 127 the second byte holds 254 at the most and a sum is below 2**23."""
_BITS = 768
"""Digits of neighbouring letters: they exclude 93 in 100; 512 exclude 85, 1,024 exclude 94."""
_ROWS, _WIDTH = 256, 2048
"""Size of a tile: its products stay in the processor's cache."""
_CROWD = 16
"""Survivors of one text from which on it pays to prepare it for all of them: half of the time."""
_BATCH = 20_000
"""Survivors that are examined at a time."""


@dataclass(frozen=True)
class Pairs:
    """Similar pairs, sorted by left and then right index."""

    left: Ints
    right: Ints
    distance: Ints
    """Indel distance: characters inserted and deleted."""

    def __len__(self) -> int:
        return len(self.left)

    def each(self) -> Iterator[tuple[int, int, int]]:
        """Left, right and distance of one pair after the other: a list of them takes seven times as
        much as the columns.
        """
        for part in slices(len(self), _BATCH):
            columns = (self.left[part], self.right[part], self.distance[part])
            yield from zip(*(column.tolist() for column in columns), strict=True)


def allowance(threshold: float) -> Fraction:
    """Share of the joint length below which the indel distance must lie, as written in decimals.

    0.85 becomes 3/20: `20 * indel < 3 * (length + length)` needs no rounding, while the score
    as a float wobbles at the threshold.
    """
    return 1 - Fraction(str(threshold))


def near_pairs(
    texts: Sequence[str], *, threshold: float, portion: tuple[int, int] = (0, 1)
) -> Pairs:
    """Find every pair of texts whose similarity is strictly above the threshold.

    Args:
        texts: In any order; the result names them by index, left below right.
        threshold: In [0, 1], a decimal such as 0.85.
        portion: Which of how many equal portions of the work to do, from 0; `joined` puts the
            results of all together.

    Source:
        The bounds are the q-gram lemma at q = 1 and 2 (Ukkonen 1992, Approximate string-matching
        with q-grams and maximal matches) for insertions and deletions.
    """
    share = allowance(threshold)
    side = _side(texts, _chosen(texts), share)
    found = _examined(side, side, _survivors(side, side, share, same=True, portion=portion), share)
    return _sorted(np.minimum(found[0], found[1]), np.maximum(found[0], found[1]), found[2])


def with_a_match(left: Sequence[str], right: Sequence[str], *, threshold: float) -> Flags:
    """Which of the left texts have a right text strictly above the threshold.

    Looks at `len(left) x len(right)` pairs, keeps none of them, however many are similar, and
    examines none of a text that has its match.
    """
    share = allowance(threshold)
    digits = _chosen([*left, *right])
    one, other = _side(left, digits, share), _side(right, digits, share)
    matched = np.zeros(len(left), dtype=np.bool_)
    with threadpool_limits(limits=1, user_api="blas"):
        for row, column in _batches(_survivors(one, other, share, same=False)):
            open_ = np.flatnonzero(~matched[one.order[row]])
            passing = open_[_passing(one, other, row[open_], column[open_], share)]
            matched[_similar(one, other, row[passing], column[passing], share)[0]] = True
    return matched


def joined(parts: Sequence[Pairs]) -> Pairs:
    """Put portions together: the same result as that of the whole search."""
    return _sorted(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.distance for part in parts]),
    )


def _sorted(left: Ints, right: Ints, distance: Ints) -> Pairs:
    order = np.lexsort((right, left))
    return Pairs(left[order], right[order], distance[order])


@dataclass(frozen=True)
class _Side:
    """Texts in order of length, and what the bounds need of them."""

    texts: list[str]
    order: Ints
    """Index of each in the caller's sequence."""
    lengths: Ints
    packed: NDArray[np.float32]
    """y of the module's docstring and a constant column, `(texts, _PACKED + 1)`."""
    slack: NDArray[np.int32]
    """128 (ones - share x length): a pair passes if 256 x overlap exceeds the sum of both."""
    bits: NDArray[np.uint64]
    """Digits of neighbouring letters, `(texts, _BITS / 64)`."""


def _chosen(texts: Sequence[str]) -> tuple[Digits, Digits]:
    return choose_digits(texts, letters=2 * _PACKED, neighbours=_BITS)


def _side(texts: Sequence[str], digits: tuple[Digits, Digits], share: Fraction) -> _Side:
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    ordered = [str(texts[index]) for index in map(int, order)]
    packed = np.zeros((len(ordered), _PACKED + 1), dtype=np.float32)
    packed[:, -1] = 2**23  # added to a sum, it leaves the sum's bits in the mantissa as they are
    bits = np.zeros((len(ordered), _BITS // 8), dtype=np.uint8)
    ones = np.zeros(len(ordered), dtype=np.int64)
    for part in slices(len(ordered), _WIDTH):
        letters = digits[0].of(ordered[part])
        ones[part] = letters.sum(axis=1)
        high, low = letters[:, 0::2], letters[:, 1::2]
        packed[part, : high.shape[1]] += np.float32(256) * high
        packed[part, : low.shape[1]] += low
        neighbours = np.packbits(digits[1].of(ordered[part]), axis=1)
        bits[part, : neighbours.shape[1]] = neighbours
    lengths = lengths[order]
    slack = 128 * (share.denominator * ones - share.numerator * lengths) // share.denominator
    return _Side(ordered, order, lengths, packed, slack.astype(np.int32), bits.view(np.uint64))


# --- the first bound: tiles of a matrix product ------------------------------


def _survivors(
    left: _Side,
    right: _Side,
    share: Fraction,
    *,
    same: bool,
    portion: tuple[int, int] = (0, 1),
) -> Iterator[tuple[Ints, Ints]]:
    """Yield the pairs that letters do not exclude, tile by tile, as positions by length."""
    buffer = np.empty(_ROWS * _WIDTH, dtype=np.float32)
    # Every so many stripes: long texts have more neighbours than short ones.
    for part in islice(slices(len(left.texts), _ROWS), portion[0], None, portion[1]):
        rows, slack = _swapped(left.packed[part]), left.slack[part, None]
        first, last = _reach(left.lengths[part], right.lengths, share)
        for start in range(max(first, part.start) if same else first, last, _WIDTH):
            tile = slice(start, min(start + _WIDTH, last))
            overlap = _overlap(rows, right.packed[tile], buffer)
            overlap -= slack
            row, column = np.divmod(
                np.flatnonzero(overlap > right.slack[tile]), tile.stop - tile.start
            )
            row, column = row + part.start, column + start
            if same and start < part.stop:
                above = column > row
                row, column = row[above], column[above]
            yield row, column


def _swapped(packed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn y into x: exchange the two digits of each column, and 1 for the constant."""
    high = np.floor(packed / 256)
    swapped = (packed - 256 * high) * 256 + high
    swapped[:, -1] = 1
    return swapped


def _overlap(
    rows: NDArray[np.float32], columns: NDArray[np.float32], buffer: NDArray[np.float32]
) -> NDArray[np.int32]:
    """256 times the overlap of each pair's digits."""
    product = buffer[: len(rows) * len(columns)].reshape(len(rows), len(columns))
    np.matmul(rows, columns.T, out=product)
    bits = product.view(np.int32)
    bits &= 0xFF00
    return bits


def _reach(rows: Ints, lengths: Ints, share: Fraction) -> tuple[int, int]:
    """Range of `lengths`, ascending, that the difference in length alone does not exclude."""
    less, more = share.denominator - share.numerator, share.denominator + share.numerator
    first = np.searchsorted(lengths * more, rows[0] * less, side="right")
    last = np.searchsorted(lengths * less, rows[-1] * more, side="left")
    return int(first), int(last)


# --- the second bound and the measurement ------------------------------------


def _examined(
    left: _Side, right: _Side, survivors: Iterable[tuple[Ints, Ints]], share: Fraction
) -> tuple[Ints, Ints, Ints]:
    """Keep the pairs that are similar: the caller's indices and the distance."""
    none = np.zeros(0, dtype=np.int64)
    found: list[tuple[Ints, Ints, Ints]] = [(none, none, none)]
    # Tiles are too small to be shared: BLAS's threads wait for each other by spinning, which took
    # three times the CPU and, on a busy machine, five times the time.
    with threadpool_limits(limits=1, user_api="blas"):
        for row, column in _batches(survivors):
            passing = _passing(left, right, row, column, share)
            found.append(_similar(left, right, row[passing], column[passing], share))
    one, other, distances = zip(*found, strict=True)
    return np.concatenate(one), np.concatenate(other), np.concatenate(distances)


def _similar(
    left: _Side, right: _Side, row: Ints, column: Ints, share: Fraction
) -> tuple[Ints, Ints, Ints]:
    """Measure pairs, and keep those that are similar."""
    joint = left.lengths[row] + right.lengths[column]
    distance = _distances(left, right, row, column, cutoff=int(joint.max(initial=0) * share))
    near = share.denominator * distance < share.numerator * joint
    return left.order[row[near]], right.order[column[near]], distance[near]


def _passing(left: _Side, right: _Side, row: Ints, column: Ints, share: Fraction) -> Flags:
    """Which pairs their neighbouring letters do not exclude."""
    joint = left.lengths[row] + right.lengths[column]
    apart = np.bitwise_count(left.bits[row] ^ right.bits[column]).sum(axis=1, dtype=np.int64)
    return share.denominator * apart < 3 * share.numerator * joint


def _distances(left: _Side, right: _Side, row: Ints, column: Ints, *, cutoff: int) -> Ints:
    """Indel distances; above the cutoff any number above the cutoff."""
    options: dict[str, Any] = {"scorer": Indel.distance, "score_cutoff": cutoff, "dtype": np.int64}
    others = [right.texts[index] for index in column.tolist()]
    starts = np.flatnonzero(np.diff(row, prepend=-1)).tolist()
    if len(row) <= _CROWD * len(starts):
        return process.cpdist([left.texts[index] for index in row.tolist()], others, **options)
    measured = [
        process.cdist([left.texts[row[start]]], others[start:end], **options)[0]
        for start, end in pairwise([*starts, len(row)])
    ]
    return np.concatenate(measured)


def _batches(survivors: Iterable[tuple[Ints, Ints]]) -> Iterator[tuple[Ints, Ints]]:
    """Join tiles until there are enough, and divide them where there are too many."""
    waiting: list[tuple[Ints, Ints]] = []
    for tile in survivors:
        waiting.append(tile)
        if sum(len(row) for row, _ in waiting) >= _BATCH:
            yield from _divided(waiting)
            waiting = []
    if waiting:
        yield from _divided(waiting)


def _divided(tiles: list[tuple[Ints, Ints]]) -> Iterator[tuple[Ints, Ints]]:
    rows, columns = (np.concatenate(side) for side in zip(*tiles, strict=True))
    return ((rows[part], columns[part]) for part in slices(len(rows), _BATCH))
