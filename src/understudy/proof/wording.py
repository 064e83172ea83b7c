"""Numbers as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.proof.records import Measure

MINUS = "−"


def number(value: float, *, digits: int = 2) -> str:
    """Two decimals, more for what would show as zero, and a true minus sign."""
    if value and abs(value) < 10**-digits:
        text = f"{value:.1g}" if abs(value) >= 1e-4 else f"{value:.0e}"
    else:
        text = f"{value:.{digits}f}"
    return text.replace("-", MINUS)


def figure(value: float, unit: str) -> str:
    """A measure's figure in its unit: shares as percent."""
    return percent(value) if unit == "share" else number(value)


def percent(value: float) -> str:
    """A share as `84 %`, with a space that does not break."""
    return f"{value * 100:.0f}\u00a0%"


def signed(measure: Measure) -> str:
    """The difference with its sign; of shares in points of a hundred."""
    text = _plain(measure.diff, measure.unit)
    return text if text.startswith(MINUS) or not text.strip("0.") else f"+{text}"


def interval(measure: Measure) -> str:
    """`[−0.63, −0.51]` in the unit of `signed`, or a dash where there is none."""
    if measure.ci95 is None:
        return "–"
    low, high = (_plain(end, measure.unit) for end in measure.ci95)
    return f"[{low}, {high}]"


def _plain(value: float, unit: str) -> str:
    if unit != "share":
        return number(value)
    return f"{round(value * 100):d}".replace("-", MINUS)


def open_ended(ends: tuple[float, float | None]) -> str:
    """`3.10 to 5.20`, or `7.10 or more` without an upper end."""
    low, high = ends
    return f"{number(low)} or more" if high is None else f"{number(low)} to {number(high)}"


def listed(items: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)


def change(measure: Measure) -> str:
    """`by 0.57 (95 % interval 0.51 to 0.63)`, direction left to the sentence around it."""
    size = f"by {number(abs(measure.diff))}"
    if measure.ci95 is None:
        return f"{size} (too few videos for an interval)"
    sign = -1 if measure.diff < 0 else 1
    ends = sorted(sign * end for end in measure.ci95)
    return (
        f"{size} ({measure.confidence * 100:g} % interval {number(ends[0])} to {number(ends[1])})"
    )


def lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
