"""How much longer a model will be there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SOON_DAYS = 180


@dataclass(frozen=True)
class Lifetime:
    """A model with a last day."""

    model: str
    shutdown: date
    """The first day without it."""
    today: date
    successor: str | None = None
    """What the provider names in its place."""

    @property
    def days_left(self) -> int:
        return (self.shutdown - self.today).days

    @property
    def over(self) -> bool:
        return self.days_left < 0

    @property
    def soon(self) -> bool:
        return self.days_left <= SOON_DAYS

    @property
    def advice(self) -> str:
        return f"set teacher.model to {self.successor or 'its successor'}"

    @property
    def sentence(self) -> str:
        """When, and in how many days."""
        if self.over:
            return f"{self.model} was shut down on {self.shutdown}"
        days = {0: "today", 1: "tomorrow"}.get(self.days_left, f"in {self.days_left} days")
        return f"{self.model} shuts down on {self.shutdown}, {days}"
