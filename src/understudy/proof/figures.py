"""The report's figures, drawn as SVG that takes its colours from the page.

Only numbers and our own words go in, so that nothing untrusted can become markup.
Classes instead of styles: the page's style sheet knows light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from markupsafe import Markup

from understudy.proof.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Point,
    along,
    grid,
    round_ticks,
    scale,
    span_of,
    svg,
)
from understudy.proof.records import Measure
from understudy.proof.wording import figure, interval, signed


def forest(measure: Measure) -> Markup:
    """A difference with its interval on a line of its own, zero in the middle.

    Every line has its own scale: the widest end reaches the edge.
    """
    low, high = measure.ci95 or (measure.diff, measure.diff)
    reach = max(abs(low), abs(high), abs(measure.diff)) or 1.0
    places = [60 + 52 * value / reach for value in (low, measure.diff, high)]
    left, middle, right = (f"{place:.1f}" for place in places)
    label = f"difference {signed(measure)}, interval {interval(measure)}"
    clear = measure.ci95 is not None and (low > 0 or high < 0)
    bar = f'<line x1="{left}" y1="10" x2="{right}" y2="10" class="bar"/>' if measure.ci95 else ""
    return Markup(  # noqa: S704  (numbers and our own words)
        f'<svg class="forest{" clear" if clear else ""}" viewBox="0 0 120 20" role="img" '
        f'aria-label="{label}"><line x1="60" y1="1" x2="60" y2="19" class="zero"/>'
        f'{bar}<circle cx="{middle}" cy="10" r="3.4" class="dot"/></svg>'
    )


def loss_curve(train: Sequence[Point], valid: Sequence[Point], best: float | None) -> Markup:
    """Training and validation loss over updates.

    Args:
        train: (update, nats per token), ascending.
        valid: The same.
        best: Update whose adapter was kept.
    """
    train = [one for one in train if isfinite(one[1])]
    valid = [one for one in valid if isfinite(one[1])]
    points = [*train, *valid]
    if len(points) < 2:
        return Markup("")
    xs, ys = (
        round_ticks(0, max(x for x, _ in points)),
        round_ticks(*span_of([y for _, y in points])),
    )
    across, up = scale(xs, LEFT, WIDTH - RIGHT), scale(ys, HEIGHT - BOTTOM, TOP)
    parts = [grid(xs, ys)]
    if best is not None and xs[0] <= best <= xs[-1]:
        at = f"{along(best, across):.1f}"
        parts.append(f'<line x1="{at}" y1="{TOP}" x2="{at}" y2="{HEIGHT - BOTTOM}" class="mark"/>')
    for name, series in (("train", train), ("valid", valid)):
        path = " ".join(f"{along(x, across):.1f},{along(y, up):.1f}" for x, y in series)
        parts.append(f'<polyline points="{path}" class="line {name}"/>')
    parts += [
        f'<circle cx="{along(x, across):.1f}" cy="{along(y, up):.1f}" r="2.6" class="valid"/>'
        for x, y in valid
        if len(valid) <= 60
    ]
    return svg(parts, "Loss in training and validation over the updates")


def lengths(base: Sequence[int], tuned: Sequence[int], reference: Sequence[int]) -> Markup:
    """Distribution of answer lengths in words, as lines over shared bins."""
    everything = [*base, *tuned, *reference]
    if not everything:
        return Markup("")
    xs = round_ticks(0, max(*everything, 1))
    bins = 12
    shares = {
        name: _binned(values, xs[-1], bins)
        for name, values in (("reference", reference), ("base", base), ("tuned", tuned))
    }
    ys = round_ticks(0, max(max(one) for one in shares.values()))
    across, up = scale(xs, LEFT, WIDTH - RIGHT), scale(ys, HEIGHT - BOTTOM, TOP)
    parts = [grid(xs, ys, percent=True)]
    for name, values in shares.items():
        path = " ".join(
            f"{along((place + side) * xs[-1] / bins, across):.1f},{along(value, up):.1f}"
            for place, value in enumerate(values)
            for side in (0, 1)
        )
        parts.append(f'<polyline points="{path}" class="line {name}"/>')
    return svg(parts, "Distribution of answer lengths in words")


def form_shares(rows: Sequence[tuple[str, float, float, float]]) -> Markup:
    """Share of answers with each mark of form: base, tuned and references on one line.

    Args:
        rows: Name of the mark and the three shares, each in [0, 1].
    """
    left = 92
    across = ((0.0, float(left)), (1.0, float(WIDTH - 20)))
    step = (HEIGHT - TOP - BOTTOM) / max(len(rows), 1)
    parts: list[str] = []
    for tick in (0.0, 0.5, 1.0):
        at = f"{along(tick, across):.1f}"
        parts.append(f'<line x1="{at}" y1="{TOP}" x2="{at}" y2="{HEIGHT - BOTTOM}" class="grid"/>')
        parts.append(
            f'<text x="{at}" y="{HEIGHT - 12}" class="middle">{figure(tick, "share")}</text>'
        )
    for place, (name, base, tuned, reference) in enumerate(rows):
        y = f"{TOP + step * (place + 0.5):.1f}"
        b, t, r = (f"{along(value, across):.1f}" for value in (base, tuned, reference))
        parts += [
            f'<text x="{left - 14}" y="{y}" class="end center">{name}</text>',
            f'<line x1="{b}" y1="{y}" x2="{t}" y2="{y}" class="link"/>',
            _upright(float(r), float(y)),
            f'<circle cx="{b}" cy="{y}" r="5" class="base"/>',
            f'<circle cx="{t}" cy="{y}" r="5" class="tuned"/>',
        ]
    return svg(parts, "Share of answers with each mark of form")


def _upright(x: float, y: float) -> str:
    ends = f'y1="{y - 11:.1f}" y2="{y + 11:.1f}"'
    return f'<line x1="{x:.1f}" x2="{x:.1f}" {ends} class="line reference"/>'


def _binned(values: Sequence[int], top: float, bins: int) -> list[float]:
    counts = [0] * bins
    for value in values:
        counts[min(int(value / top * bins), bins - 1)] += 1
    return [count / max(len(values), 1) for count in counts]
