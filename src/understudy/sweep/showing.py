"""A sweep's table for the terminal and its plot."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from understudy.sweep.result import Combination, SweepResult

_FAR_APART = 3
"""From this ratio of the largest to the smallest loss on, their axis is logarithmic."""

_INK, _BEST, _RUNGS = "#1f2933", "#b3461f", ("#b9c4cf", "#8fa3b8", "#4a6fa5", "#1d3f6e")


def named(one: Combination) -> str:
    """`learning_rate 1e-4, lora.rank 8`."""
    return ", ".join(f"{key.removeprefix('train.')} {_short(v)}" for key, v in one.values.items())


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def sweep_table(result: SweepResult) -> Table:
    """One line per combination: its loss at each rung, and what became of it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("settings", no_wrap=True)
    for share in result.rungs:
        table.add_column(f"at {share:.0%}", justify="right", no_wrap=True)
    table.add_column("")
    for number, one in enumerate(result.combinations):
        cells = [_cell(rung.loss, rung.error) for rung in one.rungs]
        cells += [""] * (len(result.rungs) - len(cells))
        style = "bold" if number == result.recommended else ""
        table.add_row(escape(named(one)), *cells, _fate(number, one, result), style=style)
    return table


def _cell(loss: float | None, error: float) -> str:
    return "diverged" if loss is None else f"{loss:.4f} ± {error:.4f}"


def _fate(number: int, one: Combination, result: SweepResult) -> str:
    if number == result.recommended:
        return "recommended"
    fate = f"dropped after {one.dropped_at}" if one.dropped_at is not None else "to the end"
    return f"{fate}, tied" if number in result.tied else fate


def recommendation(result: SweepResult) -> list[str]:
    """Which to take, in sentences; ties are called ties."""
    lines: list[str] = []
    if result.recommended is not None:
        best = result.combinations[result.recommended]
        lines.append(f"recommended: {named(best)}")
        if result.tied:
            ties = "; ".join(named(result.combinations[number]) for number in result.tied)
            lines.append(f"tied with it, within a standard error: {ties}")
    share = result.updates_spent / result.updates_of_full_grid
    lines.append(
        f"{result.updates_spent:,} updates, {share:.0%} of the {result.updates_of_full_grid:,} of the "
        "whole grid"
    )
    return [*lines, *result.remarks]


def sweep_plot(result: SweepResult) -> bytes:
    """Loss against the first setting that was swept, a line for each rung, as a PNG."""
    out = BytesIO()
    sweep_figure(result).savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def sweep_figure(result: SweepResult) -> Any:
    """The plot, not yet rendered."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(8, 4.8), dpi=120, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    key = next(iter(result.combinations[0].values))
    numeric = all(_is_number(one.values[key]) for one in result.combinations)
    places = [
        float(one.values[key]) if numeric else float(place)
        for place, one in enumerate(result.combinations)
    ]
    for rung in range(len(result.rungs)):
        colour = _RUNGS[(rung - len(result.rungs)) % len(_RUNGS)]
        _line(axes, result, places, rung, colour)
    _mark_best(axes, result, places)
    _dress(axes, key, numeric=numeric, result=result)
    return figure


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _line(axes: Any, result: SweepResult, places: list[float], place: int, colour: str) -> None:
    points = sorted(
        (x, rung.loss, rung.error)
        for x, one in zip(places, result.combinations, strict=True)
        for rung in one.rungs[place : place + 1]
        if rung.loss is not None
    )
    if points:
        x, y, error = zip(*points, strict=True)
        label = f"after {result.rungs[place]:.0%} of the updates"
        axes.errorbar(x, y, yerr=error, color=colour, marker="o", capsize=3, label=label, lw=1.4)


def _mark_best(axes: Any, result: SweepResult, places: list[float]) -> None:
    if result.recommended is None:
        return
    best = result.combinations[result.recommended]
    axes.plot(
        [places[result.recommended]],
        [best.rungs[-1].loss],
        marker="o",
        markersize=13,
        markerfacecolor="none",
        markeredgecolor=_BEST,
        markeredgewidth=2,
        linestyle="none",
        label=f"recommended: {named(best)}",
    )


def _spread_losses(axes: Any, result: SweepResult) -> None:
    """Where a loss is many times another, a linear axis would draw all the good ones as one line."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    label = "validation loss, nats per token"
    losses = [rung.loss for one in result.combinations for rung in one.rungs if rung.loss]
    if losses and max(losses) > _FAR_APART * min(losses):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        label += ", logarithmic"
    axes.set_ylabel(label, color=_INK)


def _dress(axes: Any, key: str, *, numeric: bool, result: SweepResult) -> None:
    positive = numeric and all(float(one.values[key]) > 0 for one in result.combinations)
    if positive:
        axes.set_xscale("log")
    if not numeric:
        axes.set_xticks(
            range(len(result.combinations)), [named(one) for one in result.combinations]
        )
    axes.set_xlabel(key, color=_INK)
    _spread_losses(axes, result)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", color="#e4e8ec", linewidth=0.8)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9)
    axes.set_title(_title(result), loc="left", fontsize=10, color=_INK)


def _title(result: SweepResult) -> str:
    seeds = f"{len(result.seeds)} seed{'s' if len(result.seeds) != 1 else ''}"
    gone = [one for one in result.combinations if any(rung.loss is None for rung in one.rungs)]
    diverged = f"; diverged: {'; '.join(map(named, gone))}" if gone else ""
    return f"{seeds}, bars are a standard error{diverged}"
