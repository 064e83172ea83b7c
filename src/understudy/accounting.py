"""requested = produced + dropped, by reason. Nothing leaves the line unseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import Field, model_validator

from understudy.errors import YieldError
from understudy.records import Record


class Account(Record):
    """What one stage, or one item of it, was asked for and what became of it."""

    stage: str
    unit: str
    """What is counted: `video`, `question`, `answer`, `row`, …"""
    requested: int = Field(ge=0)
    produced: int = Field(ge=0)
    dropped: Mapping[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """Counts by reason, in alphabetical order."""
    reused: int = Field(default=0, ge=0)
    """How many of `produced` were already on disk and cost nothing."""
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sums_agree(self) -> Account:
        if self.requested != self.produced + sum(self.dropped.values()):
            raise ValueError(
                f"{self.stage}: {self.requested} requested, but {self.produced} produced "
                f"and {sum(self.dropped.values())} dropped"
            )
        if self.reused > self.produced:
            raise ValueError(f"{self.stage}: {self.reused} reused of {self.produced} produced")
        return self

    @property
    def share(self) -> float:
        """Produced over requested; 1 where nothing was asked."""
        return self.produced / self.requested if self.requested else 1.0


def account(
    stage: str, unit: str, *, produced: int, dropped: Iterable[str] = (), reused: int = 0
) -> Account:
    """Count the reasons of the dropped and derive the rest."""
    reasons = Counter(dropped)
    return Account(
        stage=stage,
        unit=unit,
        requested=produced + reasons.total(),
        produced=produced,
        dropped=dict(sorted(reasons.items())),
        reused=reused,
    )


def merge(stage: str, unit: str, parts: Sequence[Account]) -> Account:
    """Add up the accounts of a stage's items."""
    reasons: Counter[str] = Counter()
    for part in parts:
        reasons.update(part.dropped)
    return Account(
        stage=stage,
        unit=unit,
        requested=sum(part.requested for part in parts),
        produced=sum(part.produced for part in parts),
        dropped=dict(sorted(reasons.items())),
        reused=sum(part.reused for part in parts),
        notes=tuple(note for part in parts for note in part.notes),
    )


def table(accounts: Iterable[Account]) -> list[dict[str, str | int]]:
    """Rows for a terminal or a Prefect table artifact."""
    return [
        {
            "stage": one.stage,
            "unit": one.unit,
            "requested": one.requested,
            "produced": one.produced,
            "reused": one.reused,
            "dropped": sum(one.dropped.values()),
            "why": ", ".join(f"{count} {reason}" for reason, count in one.dropped.items()),
        }
        for one in accounts
    ]


def check_floor(one: Account, floor: float) -> None:
    """Refuse to go on with too little.

    Args:
        floor: Least share produced, in [0, 1].

    Raises:
        YieldError: The share is under the floor. Look at the reasons, mend, run again: what was
            produced is on disk.
    """
    if one.share < floor:
        reasons = ", ".join(f"{count} {reason}" for reason, count in one.dropped.items())
        raise YieldError(
            f"{one.stage}: only {one.produced} of {one.requested} {one.unit}s came through "
            f"({one.share:.0%}, the floor is {floor:.0%}): {reasons}. What was produced is kept; "
            "mend the cause or lower the floor under `floors`, then run again"
        )
