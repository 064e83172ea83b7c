"""What calls cost, by the table in config."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.errors import BudgetError, ConfigError
from understudy.teacher.calling.calls import Usage
from understudy.teacher.money.pricing import Meter, Price, load_prices

OLD = Price(input=0.25, cached=0.025, output=2.0)
NEW = Price(input=1.0, cached=0.05, cache_write=1.25, output=5.0)


def test_cached_written_and_plain_tokens_have_their_own_price():
    usage = Usage(prompt=10_000, cached=4_000, written=5_000, completion=1_000, reasoning=900)

    assert NEW.cost(usage) == pytest.approx((1000 * 1 + 4000 * 0.05 + 5000 * 1.25 + 1000 * 5) / 1e6)
    assert OLD.cost(usage) == pytest.approx(
        (1000 * 0.25 + 4000 * 0.025 + 5000 * 0.25 + 1000 * 2) / 1e6
    )


def test_no_call_costs_more_than_its_ceiling():
    usage = Usage(prompt=500, written=500, completion=100)

    assert NEW.cost(usage) <= NEW.ceiling(500, 100)


def test_the_table_knows_the_models_of_the_configs_and_their_snapshots(root: Path):
    table = load_prices(root / "config" / "prices.yaml")

    for model in ("gpt-6.1-terra", "gpt-6-luna", "gpt-5-mini", "gpt-4o-mini"):
        assert table.of(model) is not None
    assert table.of("gpt-4o-mini-2024-07-18") == table.of("gpt-4o-mini")
    assert table.of("llama3.2") is None


def test_a_broken_table_names_the_key(tmp_path: Path):
    path = tmp_path / "prices.yaml"
    path.write_text(
        'as_of: "2026-01-01"\nsource: x\nmodels: {m: {input: cheap, cached: 0, output: 1}}\n'
    )

    with pytest.raises(ConfigError, match=r"models\.m\.input"):
        load_prices(path)


def test_a_cap_without_a_price_is_refused():
    with pytest.raises(BudgetError, match="'llama' has no price"):
        Meter(None, budget_usd=1.0, already=0.0, model="llama")


def test_the_cap_counts_what_was_paid_before_and_what_is_in_flight():
    meter = Meter(OLD, budget_usd=1.0, already=0.4, model="m")
    meter.reserved = 0.5

    assert meter.fits(0.1)
    assert not meter.fits(0.11)
