"""How the rows of an update lie in memory: which share a sequence, and which a pass.

Losses are weighted by tokens, so any layout gives the same gradient, and the cheapest is taken.
Costs are counted in positions: what the model does for one token of a short sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

PAD_TO = 16
"""Sequence lengths are multiples of it: each distinct shape is compiled once, and a run
meets most shapes again and again. Stock's 32 pads 7 % at batch 1."""

CALL_COST = 128
"""What one more forward and backward pass costs a GPU beside its positions: kernels to launch, and
a device that few rows do not fill."""

CPU_CALL_COST = 16
"""The same on a CPU, measured: it is busy with one row, too."""

SHAPE_COST = 30
"""What the first call of a shape costs beside what it computes, measured on a CPU: its functions are
traced again."""

WIDTHS = 3
"""At a sequence of so many times the model's width, attention costs as much as all the rest."""

_PACKINGS = 8
"""Line lengths that are tried for packing, evenly between the shortest and the longest allowed."""

Kind = Literal["bucketed", "packed"]
Line = tuple[int, ...]
"""Rows of one sequence, one after the other."""
Call = tuple[Line, ...]
"""Sequences of one forward and backward pass."""


@dataclass(frozen=True)
class Layout:
    """What decides how rows are laid out."""

    kind: Kind
    """`bucketed` puts rows of like length side by side, one in each line; `packed` fills lines."""
    batch_size: int
    """Most lines of a bucketed call."""
    capacity: int
    """Most positions of a packed call."""
    call_cost: int
    """Of one more call; see `CALL_COST`."""
    width: int
    """Of the model."""

    def calls(self, rows: Sequence[int], lengths: Sequence[int]) -> tuple[Call, ...]:
        """Lay rows out, longest first, so that too little memory shows at once.

        Args:
            rows: Indices into `lengths`; each is laid out exactly once.
            lengths: Tokens of every row there is; as inputs they are one shorter.
        """
        alone: list[Line] = [(row,) for row in sorted(rows, key=lambda row: (-lengths[row], row))]
        if self.kind == "bucketed":
            return self._cut(alone, lengths)[1]
        packings = [pack(rows, lengths, size) for size in self._line_lengths(rows, lengths)]
        return min((self._cut(lines, lengths) for lines in [alone, *packings]), key=_cost)[1]

    def cost(self, call: Call, lengths: Sequence[int]) -> float:
        """Of a call, in positions."""
        return self._call_cost(len(call), call_width(call, lengths))

    def _line_lengths(self, rows: Sequence[int], lengths: Sequence[int]) -> list[int]:
        """A short line costs little attention, a long one is filled better."""
        least = max((lengths[row] - 1 for row in rows), default=1)
        room = max(0, self.capacity - least)
        return sorted({least + room * step // (_PACKINGS - 1) for step in range(_PACKINGS)})

    def _cut(self, lines: Sequence[Line], lengths: Sequence[int]) -> tuple[float, tuple[Call, ...]]:
        """Cut lines into calls where it costs least: a smaller call saves padding and is one more."""
        used = {line: sum(lengths[row] - 1 for row in line) for line in lines}
        ordered = sorted(lines, key=lambda line: (-used[line], line))
        widths = [padded(used[line]) for line in ordered]
        cost, sizes = cheapest_cuts(widths, fits=self._fits, cost=self._call_cost)
        calls: list[Call] = []
        for size in sizes:
            calls.append(tuple(ordered[:size]))
            ordered = ordered[size:]
        return cost, tuple(calls)

    def _fits(self, lines: int, width: int) -> bool:
        if self.kind == "bucketed":
            return lines <= self.batch_size
        return lines * width <= self.capacity

    def _call_cost(self, lines: int, width: int) -> float:
        return self.call_cost + lines * width * (1 + width / (WIDTHS * self.width))


def _cost(cut: tuple[float, tuple[Call, ...]]) -> float:
    return cut[0]


def cheapest_cuts(
    widths: Sequence[int],
    *,
    fits: Callable[[int, int], bool],
    cost: Callable[[int, int], float],
) -> tuple[float, list[int]]:
    """Cut a falling sequence into pieces whose costs add up to the least.

    Args:
        widths: Of each line, widest first: a piece is as wide as its first line.
        fits: Whether a piece of so many lines of a width is allowed; one line always is.
        cost: Of such a piece.

    Returns:
        The sum, and how many lines each piece has.
    """
    costs, cuts = [0.0], [0]  # of the last n lines: the least cost, and its first cut
    for start in range(len(widths) - 1, -1, -1):
        width, rest = widths[start], len(widths) - start
        best = (cost(1, width) + costs[rest - 1], -1)
        for size in range(2, rest + 1):
            if not fits(size, width):
                break
            best = min(best, (cost(size, width) + costs[rest - size], -size))
        costs.append(best[0])
        cuts.append(-best[1])
    sizes: list[int] = []
    left = len(widths)
    while left:
        sizes.append(cuts[left])
        left -= cuts[left]
    return costs[-1], sizes


def call_width(call: Call, lengths: Sequence[int]) -> int:
    """Positions of each of a call's lines, padding included.

    Args:
        lengths: Tokens of every row there is.
    """
    return padded(max(sum(lengths[row] - 1 for row in line) for line in call))


def padded(positions: int) -> int:
    """The length a sequence is padded to."""
    return PAD_TO * ceil(positions / PAD_TO)


def pack(rows: Sequence[int], lengths: Sequence[int], capacity: int) -> list[Line]:
    """Fill lines by first fit decreasing.

    Args:
        capacity: Positions that a line holds.

    Returns:
        Row indices of each line. Together they hold each row once.

    Source:
        D. S. Johnson, Near-optimal bin packing algorithms (1973): at most 11/9 of the least
        number of bins, and on rows of this kind about one per cent over it.
    """
    bins: list[list[int]] = []
    room: list[int] = []
    for row in sorted(rows, key=lambda row: (-lengths[row], row)):
        need = lengths[row] - 1  # inputs are one shorter than the row
        place = next((i for i, free in enumerate(room) if free >= need), None)
        if place is None:
            bins.append([row])
            room.append(max(capacity, need) - need)
        else:
            bins[place].append(row)
            room[place] -= need
    return [tuple(bin_) for bin_ in bins]
