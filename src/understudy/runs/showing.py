"""Runs and their differences as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from understudy.proof.wording import figure, interval
from understudy.runs.compare import Comparison
from understudy.runs.reading import Point, RunFacts


def runs_table(runs: Sequence[RunFacts]) -> Table:
    """One line per run, newest first."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("run", "channel", "base", "dataset", "settings"):
        table.add_column(column, no_wrap=column == "run")
    for column in ("updates", "validation loss"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict")
    for one in reversed(runs):
        table.add_row(
            one.id,
            escape(one.channel),
            escape(one.base),
            escape(one.dataset),
            one.settings_digest[:8],
            "–" if one.updates is None else f"{one.updates:,}",
            best_loss(one.best),
            escape(one.verdict or ("not evaluated" if one.whole else "unfinished")),
        )
    return table


def best_loss(best: Point | None) -> str:
    """`0.412 ± 0.015`, the standard error after the sign."""
    if best is None:
        return "–"
    error = "" if best.error is None else f" ± {best.error:.3f}"
    return f"{best.loss:.3f}{error}"


def differences_table(comparison: Comparison) -> Table:
    """The settings that differ, a column for each run."""
    table = _across("setting", comparison)
    for key, values in comparison.differences:
        table.add_row(escape(key), *(escape(value) for value in values))
    return table


def figures_table(comparison: Comparison) -> Table:
    """The tuned models' figures, with the interval of their difference to the base."""
    table = _across(escape("held out: tuned  [tuned minus base]"), comparison)
    table.add_row("verdict", *(escape(one.verdict or "not evaluated") for one in comparison.runs))
    table.add_row("validation loss", *(best_loss(one.best) for one in comparison.runs))
    for title, cells in comparison.figures:
        table.add_row(
            escape(title),
            *(
                "–" if cell is None else f"{figure(cell.tuned, cell.unit)}  {interval(cell)}"
                for cell in cells
            ),
        )
    return table


def _across(first: str, comparison: Comparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first)
    for letter in comparison.letters:
        table.add_column(letter)
    return table
