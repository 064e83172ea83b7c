"""What the passes of a quote or a bill come to together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from understudy.teacher.calling.calls import Usage


class OfPass(Protocol):
    """The calls of one pass."""

    @property
    def calls(self) -> int: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def cost_usd(self) -> float | None: ...


class HasPasses(Protocol):
    """A quote or a bill."""

    @property
    def passes(self) -> Sequence[OfPass]: ...


class InAll:
    """Sums over the `passes` of the record that this is mixed into."""

    @property
    def calls(self: HasPasses) -> int:
        return sum(one.calls for one in self.passes)

    @property
    def usage(self: HasPasses) -> Usage:
        return sum((one.usage for one in self.passes), start=Usage())

    @property
    def cost_usd(self: HasPasses) -> float | None:
        """None for a model without a price."""
        return known_sum(one.cost_usd for one in self.passes)


def known_sum(amounts: Iterable[float | None]) -> float | None:
    """Add up, or None where one of them is not known."""
    total = 0.0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
