"""A provider's limit: so many units a minute, of which two seconds' worth can be saved up."""

from __future__ import annotations

import time
from collections.abc import Callable

SAVED_S = 2.0


class Allowance:
    """Counts as a provider does: what is not there is refused, whoever asks.

    Args:
        per_minute: Units that come in, evenly.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute, self._clock = per_minute, clock
        self.left, self._since = per_minute * SAVED_S / 60, clock()

    def lacking_s(self, units: float) -> float:
        """Seconds until so many units are there; 0 where they are."""
        now, rate = self._clock(), self.per_minute / 60
        self.left = min(self.left + (now - self._since) * rate, rate * SAVED_S)
        self._since = now
        return max(units - self.left, 0.0) / rate

    def charge(self, units: float) -> None:
        """Take units, below nothing where they are known only afterwards."""
        self.left -= units
