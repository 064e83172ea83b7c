"""What a sweep tries: `config/sweeps/*.yaml` as types."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import exp, log
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from understudy.artifacts import first_problem
from understudy.errors import ConfigError
from understudy.settings import Section, TrainSettings, override
from understudy.settings.loading import read_yaml

PREFIX = "train."
Key = Annotated[str, Field(pattern=r"^train\.[a-z_.]+$")]
Value = bool | int | float | str


class LogRange(Section):
    """Values at equal ratios, both ends included."""

    low: Annotated[float, Field(gt=0)]
    high: Annotated[float, Field(gt=0)]
    count: Annotated[int, Field(ge=2)]

    @property
    def values(self) -> tuple[float, ...]:
        """Rounded to three digits, so that they can be typed again."""
        step = log(self.high / self.low) / (self.count - 1)
        return tuple(float(f"{self.low * exp(step * place):.3g}") for place in range(self.count))


class SweepSettings(Section):
    """One sweep."""

    set: Mapping[Key, Value]
    """Settings that every trial has, such as fewer epochs."""
    grid: Mapping[Key, tuple[Value, ...]]
    """Settings and the values to try; of several, every combination."""
    ranges: Mapping[Key, LogRange]
    """The same along a logarithmic range."""
    seeds: Annotated[tuple[int, ...], Field(min_length=1)]
    """Each combination is trained once for each; the same seed means the same data order."""
    rungs: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1)]
    """Shares of the updates at which the worse are dropped; the last is 1."""
    keep: Annotated[float, Field(gt=0, le=1)]
    """Share of the combinations that goes on after a rung, at least two; 1 tries all to the end."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.grid and not self.ranges:
            raise ValueError("name at least one setting under grid or ranges")
        if twice := self.grid.keys() & self.ranges.keys():
            raise ValueError(f"{', '.join(sorted(twice))} stands under grid and under ranges")
        if list(self.rungs) != sorted(set(self.rungs)) or self.rungs[-1] != 1:
            raise ValueError("rungs must rise and end with 1")
        return self

    @property
    def choices(self) -> tuple[dict[str, Value], ...]:
        """Every combination, in the order of the file."""
        lists: dict[str, tuple[Value, ...]] = {
            **self.grid,
            **{key: one.values for key, one in self.ranges.items()},
        }
        return tuple(dict(zip(lists, values, strict=True)) for values in product(*lists.values()))


def load_sweep(path: Path) -> SweepSettings:
    """Read a sweep's YAML.

    Raises:
        ConfigError: It cannot be used; says why.
    """
    try:
        return SweepSettings.model_validate(read_yaml(path))
    except ValidationError as error:
        raise ConfigError(f"{path} cannot be used: {_wrong(error)}") from error


def _wrong(error: ValidationError) -> str:
    """All keys that are missing at once, else what is wrong with the first that is not."""
    missing = [one["loc"] for one in error.errors() if one["type"] == "missing"]
    keys = [str(loc[0]) for loc in missing if len(loc) == 1]
    if not keys:
        return first_problem(error)
    return (
        f"it lacks {', '.join(keys)}; a sweep has every key ({{}} where there is nothing to say), "
        "as config/sweeps/learning_rate.yaml does"
    )


def train_settings(
    train: TrainSettings, sweep: SweepSettings, choice: Mapping[str, Value], seed: int
) -> TrainSettings:
    """The settings of one trial.

    Raises:
        ConfigError: A key is none of a training's, or its value does not fit.
    """
    changes: dict[str, Any] = {}
    for key, value in {**sweep.set, **choice, "train.seed": seed}.items():
        nested: Any = value
        for part in reversed(key.removeprefix(PREFIX).split(".")):
            nested = {part: nested}
        changes = override(changes, nested)
    try:
        return TrainSettings.model_validate(override(train.model_dump(), changes))
    except ValidationError as error:
        raise ConfigError(f"a sweep cannot set this: {first_problem(error)}") from error
