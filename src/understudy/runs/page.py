"""The page of a comparison, in the report's style and with its machinery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

from markupsafe import Markup

from understudy.pages import resource
from understudy.proof.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    along,
    grid,
    round_ticks,
    scale,
    span_of,
    svg,
)
from understudy.proof.intervals import Interval
from understudy.proof.report import page
from understudy.runs.compare import Comparison
from understudy.runs.reading import Point, RunFacts

At = Callable[[float, float], str]
"""Update and loss to a place on the page, `x,y`."""

_LETTER = 14
"""Room to the right of a curve for its letter."""


def render_comparison(comparison: Comparison) -> str:
    """Make the page. Equal comparisons give equal bytes."""
    return page(
        resource("understudy.runs", "compare.html.j2"),
        resource("understudy.runs", "compare.css"),
        c=comparison,
        headline=headline(comparison),
        curve=overlaid(comparison.runs, comparison.letters),
    )


def headline(comparison: Comparison) -> str:
    """Which run is best, by the held-out loss where it was measured on the same rows.

    Else by the validation loss, unless that is of other rows or tokens as well.
    """
    if comparison.paired:
        return _by_held_out(comparison)
    if len({(one.base, one.dataset) for one in comparison.runs}) > 1:
        return "None is called best: the runs share neither held-out rows nor validation rows."
    known = [
        (one.best.loss, one.best.error or 0.0, letter)
        for letter, one in zip(comparison.letters, comparison.runs, strict=True)
        if one.best is not None
    ]
    if len(known) < 2:
        return "Fewer than two of the runs have a loss to compare."
    loss, error, best = min(known)
    near = [letter for other, _, letter in known if letter != best and other <= loss + error]
    said = f"{best} has the lowest validation loss, {loss:.3f} nats per token"
    return f"{said}{_tied(near, 'within its standard error')}."


def _by_held_out(comparison: Comparison) -> str:
    """A run that no other is clearly better than, and those that are as good for all one knows."""
    lower: dict[str, float] = dict.fromkeys(comparison.letters, 0.0)
    for pair in comparison.paired:
        lower[pair.one] += pair.difference.estimate < 0
        lower[pair.other] += pair.difference.estimate > 0
    best = min(lower, key=lambda letter: lower[letter])
    near = [
        pair.other if pair.one == best else pair.one
        for pair in comparison.paired
        if best in {pair.one, pair.other} and not _clear(pair.difference)
    ]
    return f"{best} has the lowest held-out loss{_tied(near, 'not told apart from it')}."


def _clear(difference: Interval) -> bool:
    low, high = difference.low, difference.high
    return low is not None and high is not None and (low > 0 or high < 0)


def _tied(letters: Sequence[str], how: str) -> str:
    return f"; {' and '.join(letters)} {how}" if letters else ""


def overlaid(runs: Sequence[RunFacts], letters: Sequence[str]) -> Markup:
    """Validation losses over the updates; the kept one with its standard error."""
    curves = [[one for one in run.valid if isfinite(one.loss)] for run in runs]
    points = [one for curve in curves for one in curve]
    if len(points) < 2:
        return Markup("")
    xs = round_ticks(0, max(one.update for one in points))
    kept = [one.best for one in runs if one.best is not None]
    ends = [one.loss + sign * (one.error or 0.0) for one in kept for sign in (-1, 1)]
    ys = round_ticks(*span_of([*(one.loss for one in points), *filter(isfinite, ends)]))
    across, up = scale(xs, LEFT, WIDTH - RIGHT - _LETTER), scale(ys, HEIGHT - BOTTOM, TOP)

    def at(update: float, loss: float) -> str:
        return f"{along(update, across):.1f},{along(loss, up):.1f}"

    parts = [grid(xs, ys, right=RIGHT + _LETTER)]
    for place, (run, curve) in enumerate(zip(runs, curves, strict=True)):
        if not curve:
            continue
        line = " ".join(at(one.update, one.loss) for one in curve)
        parts.append(f'<polyline points="{line}" class="of{place}"/>')
        parts.append(_ring(run.best, at, place))
        x, y = at(curve[-1].update, curve[-1].loss).split(",")
        parts.append(
            f'<text x="{float(x) + 6:.1f}" y="{y}" class="of{place} center">{letters[place]}</text>'
        )
    return svg(parts, "Validation loss over the updates, one curve for each run")


def _ring(best: Point | None, at: At, place: int) -> str:
    if best is None:
        return ""
    error = best.error or 0.0
    x, y = at(best.update, best.loss).split(",")
    ends = [at(best.update, best.loss + sign * error).split(",")[1] for sign in (-1, 1)]
    return (
        f'<line x1="{x}" x2="{x}" y1="{ends[0]}" y2="{ends[1]}" class="of{place} bar"/>'
        f'<circle cx="{x}" cy="{y}" r="4.5" class="of{place} ring"/>'
    )
