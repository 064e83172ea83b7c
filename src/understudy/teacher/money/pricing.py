"""What a call costs: a dated table as data, and a meter with a hard cap."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from understudy.artifacts import first_problem
from understudy.errors import BudgetError, ConfigError
from understudy.records import Record
from understudy.settings.loading import read_yaml
from understudy.teacher.calling.calls import Usage
from understudy.teacher.money.lifetime import Lifetime

MILLION = 1_000_000


class Price(Record):
    """US dollars per million tokens."""

    input: float = Field(ge=0)
    cached: float = Field(ge=0)
    """For input read from the prompt cache."""
    cache_write: float | None = Field(default=None, ge=0)
    """For input written to it; null for families that cache by themselves at no charge. A model
    with a price here needs an explicit breakpoint in its prompt."""
    output: float = Field(ge=0)
    """Reasoning included."""
    batch_share: float = Field(default=0.5, gt=0, le=1)
    """Of all four, through the Batch API."""
    shutdown_date: date | None = None
    """The day on which the provider takes the model away, where it has named one."""
    successor: str | None = None
    """What the provider names in its place."""

    @property
    def batched(self) -> Price:
        """The same through the Batch API."""
        rates = {"input": self.input, "cached": self.cached, "output": self.output}
        reduced = {name: rate * self.batch_share for name, rate in rates.items()}
        write = None if self.cache_write is None else self.cache_write * self.batch_share
        return self.model_copy(update={**reduced, "cache_write": write, "batch_share": 1.0})

    def cost(self, usage: Usage) -> float:
        """Dollars of one call."""
        write = self.input if self.cache_write is None else self.cache_write
        plain = max(usage.prompt - usage.cached - usage.written, 0)
        total = (
            plain * self.input
            + usage.cached * self.cached
            + usage.written * write
            + usage.completion * self.output
        )
        return total / MILLION

    def ceiling(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Dollars that a call cannot cost more than."""
        dearest = max(self.input, self.cache_write or 0.0)
        return (prompt_tokens * dearest + completion_tokens * self.output) / MILLION


class PriceTable(Record):
    """Prices of a day."""

    as_of: str
    """ISO date on which somebody looked them up."""
    source: str
    models: Mapping[str, Price]

    def of(self, model: str) -> Price | None:
        """The price of a model or of a dated snapshot of it."""
        alias = re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model)
        return self.models.get(model) or self.models.get(alias)

    def lifetime(self, model: str, today: date) -> Lifetime | None:
        """How much longer a model will be there; None where no day is named."""
        price = self.of(model)
        if price is None or price.shutdown_date is None:
            return None
        return Lifetime(model, price.shutdown_date, today, price.successor)


def load_prices(path: Path) -> PriceTable:
    """Read the price table.

    Raises:
        ConfigError: It is missing or no such table.
    """
    raw: dict[str, Any] = read_yaml(path)
    try:
        return PriceTable.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path.name} is no price table: {first_problem(error)}") from error


class Meter:
    """Adds up what a run pays and refuses the call that could cross the cap.

    Args:
        price: Of the model; None where nobody knows it, which a cap does not allow.
        budget_usd: The cap; None for none.
        already: Dollars paid before this run.

    Raises:
        BudgetError: There is a cap and no price.
    """

    def __init__(
        self, price: Price | None, *, budget_usd: float | None, already: float, model: str
    ) -> None:
        if budget_usd is not None and price is None:
            raise BudgetError(
                f"teacher.budget_usd is set and {model!r} has no price: add it to the price table "
                "(teacher.prices), or set teacher.budget_usd to null"
            )
        self.price = price
        self.budget_usd = budget_usd
        self.paid = already
        self.before = already
        self.reserved = 0.0
        self.usage = Usage()

    @property
    def run_cost(self) -> float:
        """Dollars paid by this run."""
        return self.paid - self.before

    def ceiling(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Dollars to reserve for a call; 0 without a price."""
        return self.price.ceiling(prompt_tokens, completion_tokens) if self.price else 0.0

    def fits(self, amount: float) -> bool:
        """Whether a call of at most `amount` may start beside those in flight."""
        if self.budget_usd is None:
            return True
        return self.paid + self.reserved + amount <= self.budget_usd

    def refusal(self, amount: float) -> BudgetError:
        """The error for a call that does not fit with nothing else in flight."""
        return BudgetError(
            f"the next call could cost ${amount:.4f} and ${self.paid:.4f} of the "
            f"${self.budget_usd:.4f} in teacher.budget_usd are spent: raise it and run again, and "
            "the work goes on from here; everything paid for is in the ledger"
        )

    def settle(self, usage: Usage) -> float | None:
        """Count one completed call and return its dollars."""
        self.usage = self.usage + usage
        if self.price is None:
            return None
        cost = self.price.cost(usage)
        self.paid += cost
        return cost
