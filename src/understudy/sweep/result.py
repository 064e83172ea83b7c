"""What a sweep found, and what it recommends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from understudy.records import Record
from understudy.sweep.halving import Loss, Score, score, survivors, tied
from understudy.sweep.settings import Value

RESULT = "sweep.json"
PLOT = "sweep.png"


class RungScore(Record):
    """A combination at one rung."""

    update: int
    loss: float | None
    """Lowest validation loss so far, mean over the seeds; null where one diverged."""
    error: float
    """Its standard error over the seeds; with one seed, over the validation's videos."""
    seeds: tuple[float | None, ...]
    """Each seed's loss."""


class Combination(Record):
    """One combination of settings."""

    values: Mapping[str, Value]
    rungs: tuple[RungScore, ...]
    dropped_at: int | None
    """Update after which it did not go on; null for those that were trained to the end."""


class SweepResult(Record):
    """`sweep.json`."""

    seeds: tuple[int, ...]
    rungs: tuple[float, ...]
    """Shares of a training's updates at which the worse were dropped."""
    combinations: tuple[Combination, ...]
    recommended: int | None
    """Number of the combination with the lowest loss; null where all diverged."""
    tied: tuple[int, ...]
    """Others that cannot be told from it."""
    updates_spent: int
    updates_of_full_grid: int
    remarks: tuple[str, ...]


@dataclass
class Sweep:
    """The state of a sweep, moved on rung by rung."""

    choices: Sequence[Mapping[str, Value]]
    seeds: Sequence[int]
    shares: Sequence[float]
    rungs: Sequence[Sequence[int]]
    """Updates of each combination's rungs: they may be trained for different lengths."""
    keep: float
    alive: list[int] = field(default_factory=list)
    spent: int = 0
    scores: list[dict[int, Score]] = field(default_factory=list)
    _seen: dict[int, list[RungScore]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.alive = list(range(len(self.choices)))

    @property
    def place(self) -> int | None:
        """Number of the rung to train to next, None when it is over."""
        place = len(self.scores)
        return place if place < len(self.shares) and self.alive else None

    def until(self, number: int) -> int:
        """Update that a combination is to be trained to next."""
        return self.rungs[number][len(self.scores)]

    def take(self, losses: Mapping[int, Sequence[Loss]]) -> None:
        """Take the losses of all that are alive, by number and in the order of the seeds."""
        place = len(self.scores)
        found = {number: score(losses[number]) for number in self.alive}
        for number, one in found.items():
            at = self.until(number)
            self.spent += (at - (self.rungs[number][place - 1] if place else 0)) * len(self.seeds)
            seeds = tuple(x.loss if isfinite(x.loss) else None for x in losses[number])
            loss = one.loss if isfinite(one.loss) else None
            shown = RungScore(update=at, loss=loss, error=one.error, seeds=seeds)
            self._seen.setdefault(number, []).append(shown)
        self.scores.append(found)
        self.alive = survivors(found, 1.0 if place == len(self.shares) - 1 else self.keep)

    def result(self) -> SweepResult:
        """What was found."""
        last = self.scores[-1]
        best = min(self.alive, key=lambda number: (last[number].loss, number), default=None)
        ties = () if best is None else tuple(self._ties(best))
        return SweepResult(
            seeds=tuple(self.seeds),
            rungs=tuple(self.shares),
            combinations=tuple(
                Combination(
                    values=choice,
                    rungs=tuple(self._seen.get(number, ())),
                    dropped_at=self._dropped_at(number),
                )
                for number, choice in enumerate(self.choices)
            ),
            recommended=best,
            tied=ties,
            updates_spent=self.spent,
            updates_of_full_grid=sum(one[-1] for one in self.rungs) * len(self.seeds),
            remarks=tuple(self._remarks(best, ties)),
        )

    def _ties(self, best: int) -> list[int]:
        """Compared at the last rung that both were trained to."""
        found: list[int] = []
        for number in range(len(self.choices)):
            rungs = [scores for scores in self.scores if number in scores]
            if number != best and rungs and tied(rungs[-1][number], rungs[-1][best]):
                found.append(number)
        return found

    def _dropped_at(self, number: int) -> int | None:
        seen = self._seen.get(number, [])
        return seen[-1].update if len(seen) < len(self.scores) else None

    def _remarks(self, best: int | None, ties: Sequence[int]) -> list[str]:
        if best is None:
            return ["Every combination diverged: try lower learning rates."]
        remarks: list[str] = []
        for key in self.choices[best]:
            tried = [one[key] for one in self.choices if isinstance(one[key], int | float)]
            value = self.choices[best][key]
            if len(set(tried)) > 2 and value in {min(tried, key=float), max(tried, key=float)}:
                remarks.append(f"{key} is best at the edge of what was tried: look further out.")
        if len(self.seeds) == 1:
            remarks.append("One seed: how much of a difference is luck is not known.")
        if ties:
            remarks.append("Between tied ones the loss does not choose: take the cheaper or safer.")
        return remarks
