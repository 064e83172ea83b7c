"""Axes of the pages' figures: round ticks, a grid, and places on it, as SVG.

Only numbers and our own words go in, so that nothing untrusted can become markup.
Classes instead of styles: the page's style sheet knows light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

from markupsafe import Markup

from understudy.proof.wording import figure

Point = tuple[float, float]

WIDTH, HEIGHT = 420, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 34


def svg(parts: Sequence[str], label: str) -> Markup:
    """A figure of the page's own size, with a name for who cannot see it."""
    return Markup(  # noqa: S704  (numbers and our own words)
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def grid(
    xs: Sequence[float], ys: Sequence[float], *, percent: bool = False, right: int = RIGHT
) -> str:
    """Grid lines with their numbers.

    Args:
        right: Room that is left free at the right edge.
    """
    across, up = scale(xs, LEFT, WIDTH - right), scale(ys, HEIGHT - BOTTOM, TOP)
    parts: list[str] = []
    for y in ys:
        at = f"{along(y, up):.1f}"
        shown = figure(y, "share") if percent else f"{y:.3g}"
        parts.append(f'<line x1="{LEFT}" y1="{at}" x2="{WIDTH - right}" y2="{at}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at}" class="end center">{shown}</text>')
    for x in xs:
        at = f"{along(x, across):.1f}"
        anchor = "end" if x == xs[-1] else "middle"
        parts.append(f'<text x="{at}" y="{HEIGHT - 12}" class="{anchor}">{x:g}</text>')
    return "".join(parts)


def span_of(values: Sequence[float]) -> tuple[float, float]:
    """Least and greatest; of equal values a little around them."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def round_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers that enclose a range: steps of 1, 2 or 5 times a power of ten."""
    span = (high - low) or 1.0
    power = 10 ** floor(log10(span / most))
    step = next(power * one for one in (1, 2, 5, 10) if span / (power * one) <= most)
    first, last = floor(low / step), ceil(high / step)
    return [place * step for place in range(first, last + 1)]


def scale(ticks: Sequence[float], start: float, end: float) -> tuple[Point, Point]:
    """Which of the page's places the outer ticks stand at."""
    return (ticks[0], start), (ticks[-1], end)


def along(value: float, scale: tuple[Point, Point]) -> float:
    """The place of a value on a scale."""
    (low, start), (high, end) = scale
    return start + (value - low) / ((high - low) or 1.0) * (end - start)
