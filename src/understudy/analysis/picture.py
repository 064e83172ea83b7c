"""`dataset_analysis.png`: what a dataset is made of, in twelve panels."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from understudy.analysis.figures import Analysis, Figures, FormRates
from understudy.analysis.tokens import Tokens
from understudy.leak import LeakReport
from understudy.table import Rows, is_kept

VERSION = "2"

_TRAIN, _HELD, _DROP, _INK, _SOFT = "#0b6b63", "#d98032", "#9aa3a5", "#1d2426", "#5b6568"


def picture(rows: Rows, analysis: Analysis, leak: LeakReport) -> bytes:
    """Draw the panels as PNG, dark on light whatever shows them. Equal rows give equal bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figures = analysis.figures
    sheet: Any = Figure(figsize=(17, 12), facecolor="white")
    FigureCanvasAgg(sheet)
    # Placed by hand: a layout engine draws everything several times, half of the time it takes.
    sheet.subplots_adjust(
        left=0.105, right=0.985, top=0.925, bottom=0.055, wspace=0.62, hspace=0.34
    )
    sheet.suptitle(_headline(figures), fontsize=14, color=_INK)
    axes: Any = sheet.subplots(3, 4)
    originals = (row for row in rows if is_kept(row) and row.kind == "original")
    measured = [(len(row.question), len(row.answer), row.video_id) for row in originals]
    per_video = Counter(video for *_, video in measured)
    _bars(axes[0, 0], "Rows by part", _with_videos(figures))
    _bars(axes[0, 1], "Why rows were dropped", figures.dropped, colour=_DROP)
    _bars(axes[0, 2], "Findings, dropped for or not", figures.findings, colour=_DROP)
    _bars(axes[0, 3], "Kinds of kept rows", figures.kinds)
    _lengths_panel(axes[1, 0], "Question length, characters", [one for one, *_ in measured])
    _lengths_panel(axes[1, 1], "Answer length, characters", [one for _, one, _ in measured])
    _tokens_panel(axes[1, 2], analysis.tokens, analysis.without_tokens)
    _lengths_panel(axes[1, 3], "Rows per video", list(per_video.values()))
    _bars(axes[2, 0], "Form of the answers, %", _percent(figures.form))
    _leak_panel(axes[2, 1], leak)
    _bars(axes[2, 2], "Most frequent tags", figures.tags)
    _bars(axes[2, 3], "Language of the answers", figures.languages)
    buffer = io.BytesIO()
    sheet.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()


def _headline(figures: Figures) -> str:
    videos = sum(figures.videos_by_part.values())
    return (
        f"{figures.kept:,} of {figures.rows:,} rows kept, {videos:,} videos, "
        f"{figures.clustered:,} rows in {figures.clusters:,} clusters of near-duplicates"
    )


def _with_videos(figures: Figures) -> dict[str, int]:
    videos = figures.videos_by_part
    return {f"{part}, {videos[part]} videos": rows for part, rows in figures.rows_by_part.items()}


def _tokens_panel(axes: Any, tokens: Tokens | None, why_not: str) -> None:
    """Lengths as the base reads them, with the limit where it lies in sight."""
    if tokens is None:
        _title(axes, "Tokens per row")
        axes.text(
            0, 1, f"not counted: {why_not}", ha="left", va="top", wrap=True, fontsize=8,
            color=_SOFT, transform=axes.transAxes, parse_math=False,
        )  # fmt: skip
        axes.set_axis_off()
        return
    _title(axes, f"Tokens per row, {tokens.truncated:,} cut at {tokens.max_seq_length:,}")
    width = min(tokens.longest, tokens.max_seq_length) / len(tokens.histogram)
    edges = [width * number for number in range(len(tokens.histogram))]
    axes.bar(edges, tokens.histogram, width=width, align="edge", color=_TRAIN)
    if tokens.truncated:
        axes.axvline(tokens.max_seq_length, color=_HELD, linewidth=1.5)
    axes.set_xlabel(f"{tokens.total:,} in all, for {drawable(tokens.base, 44)}", fontsize=8)
    axes.xaxis.label.set_parse_math(False)
    axes.set_ylabel("rows", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _percent(form: FormRates) -> dict[str, float]:
    return {name.replace("_", " "): round(100 * rate, 1) for name, rate in form}


def _bars(axes: Any, title: str, values: Mapping[Any, float], colour: str = _TRAIN) -> None:
    """Horizontal bars, the first on top, each with its number."""
    shown = list(values.items())[:12]
    _title(axes, title)
    if not shown:
        axes.text(0.5, 0.5, "none", ha="center", va="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    names = [drawable(str(name).replace("_", " ")) for name, _ in shown]
    bars = axes.barh(range(len(shown)), [value for _, value in shown], color=colour)
    axes.bar_label(bars, fmt="{:,g}", padding=3, fontsize=8)
    axes.set_yticks(range(len(shown)), names, fontsize=8, parse_math=False)
    axes.set_ylim(max(len(shown), 5) - 0.5, -0.5)  # the first on top, few bars no thicker
    axes.margins(x=0.18)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _lengths_panel(axes: Any, title: str, lengths: Sequence[int]) -> None:
    _title(axes, title)
    axes.hist(
        lengths, bins=30 if len(set(lengths)) > 30 else max(1, len(set(lengths))), color=_TRAIN
    )
    axes.set_ylabel("rows" if "length" in title else "videos", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _leak_panel(axes: Any, leak: LeakReport) -> None:
    """Share of held-out rows that train has seen: a random split, and this one."""
    _title(axes, "Held-out rows that train has seen, %")
    names = ("same video", "near-duplicate\nquestion", "8 words of\nthe answer")
    for offset, (label, one, colour) in enumerate(
        (("random row split", leak.before, _HELD), ("this split", leak.after, _TRAIN))
    ):
        seen = (one.rows_sharing_video, one.rows_near_duplicate, one.rows_sharing_8gram)
        shares = [round(100 * count / max(1, one.held_out_rows), 1) for count in seen]
        places = [index + 0.4 * offset for index in range(len(names))]
        bars = axes.bar(places, shares, width=0.38, label=label, color=colour)
        axes.bar_label(bars, fmt="{:g}", fontsize=8, padding=2)
    axes.set_xticks([index + 0.2 for index in range(len(names))], names, fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(y=0.15)
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _title(axes: Any, title: str) -> None:
    axes.set_title(title, fontsize=10, color=_INK, loc="left")


def drawable(text: str, most: int = 28) -> str:
    """Untrusted text as the bundled font can draw it: other letters than Latin, Greek and
    Cyrillic become `?`, for a missing glyph is a warning and an empty box.
    """
    short = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(
        character
        if (character.isprintable() and ord(character) < 0x0530) or character == "…"
        else "?"
        for character in short
    )
