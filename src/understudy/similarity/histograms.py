"""Letters of texts as digits that can be compared by the thousand.

A text's count of a symbol in unary code ("at least one e", "at least two e", …)
makes the overlap of two histograms a dot product of flags. Leaving digits out only
shrinks the distance of two histograms, so the few hundred that tell texts apart do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEVELS = 16
"""Counts of one symbol above this are not told apart."""
_SYMBOLS = 600
"""The most frequent symbols, among which digits are chosen."""
_SAMPLE = 10_000
_AT_ONCE = 2048
"""Texts whose symbols are counted together."""

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Digits:
    """Which digits of which symbols' counts are looked at: `count of symbol > level`."""

    grams: int
    """1: a symbol is a character; 2: two neighbouring ones."""
    symbols: Ints
    """Ascending."""
    symbol: Ints
    """Of each digit, as an index of `symbols`."""
    level: Ints

    def of(self, texts: Sequence[str]) -> Flags:
        """The digits, `(texts, digits)`."""
        return _counts(texts, self.grams, self.symbols)[:, self.symbol] > self.level


def choose_digits(texts: Sequence[str], *, letters: int, neighbours: int) -> tuple[Digits, Digits]:
    """Choose the digits on which two texts of this collection differ most often.

    Args:
        letters: How many of single characters, at the most.
        neighbours: How many of two neighbouring ones.
    """
    sample = texts[:: 1 + len(texts) // _SAMPLE]
    return _best_digits(sample, 1, letters), _best_digits(sample, 2, neighbours)


def _best_digits(sample: Sequence[str], grams: int, most: int) -> Digits:
    values, counts = np.unique(_symbols(sample, grams)[0], return_counts=True)
    symbols = np.sort(values[np.argsort(-counts, kind="stable")[:_SYMBOLS]])
    shares = np.zeros((_LEVELS, len(symbols)))
    for part in slices(len(sample), _AT_ONCE):
        counted = _counts(sample[part], grams, symbols)
        shares += [(counted > level).sum(axis=0) for level in range(_LEVELS)]
    shares /= max(1, len(sample))
    spread = (shares * (1 - shares)).ravel()
    best = np.argsort(-spread, kind="stable")[:most]
    best = best[spread[best] > 0]
    width = max(1, len(symbols))
    return Digits(grams, symbols, best % width, best // width)


def _counts(texts: Sequence[str], grams: int, symbols: Ints) -> Ints:
    """Count symbols, `(texts, symbols)`; others are not counted."""
    found, row = _symbols(texts, grams)
    place = np.searchsorted(symbols, found)
    known = place < len(symbols)
    known[known] = symbols[place[known]] == found[known]
    flat = row[known] * len(symbols) + place[known]
    counted = np.bincount(flat, minlength=len(texts) * len(symbols))
    return counted.reshape(len(texts), len(symbols))


def _symbols(texts: Sequence[str], grams: int) -> tuple[Ints, Ints]:
    """List all symbols as numbers, and the text each is from."""
    raw = "".join(texts).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(raw, dtype="<u4").astype(np.int64)
    row = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    if grams == 1:
        return points, row
    inside = row[1:] == row[:-1]
    return ((points[:-1] << 21) | points[1:])[inside], row[1:][inside]


def slices(length: int, size: int) -> Iterator[slice]:
    """Cut a length into slices of a size; the last may be shorter."""
    return (slice(start, min(start + size, length)) for start in range(0, length, size))
