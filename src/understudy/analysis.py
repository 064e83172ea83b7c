"""Figures of a dataset, in numbers and as one picture."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

from understudy.artifacts import Artifact, write_bytes
from understudy.form import form_of
from understudy.language import guess_language
from understudy.leak import LeakReport
from understudy.records import Part, Record, Row
from understudy.rows import kept
from understudy.split import PARTS

_TRAIN, _HELD, _DROP, _INK = "#3b6ea5", "#d98032", "#a8a8a8", "#222222"


class Lengths(Record):
    """Characters of texts."""

    mean: float
    median: float
    p95: float
    longest: int


class FormRates(Record):
    """Shares of answers by strict Markdown parse, in [0, 1]."""

    bold: float
    list: float
    paragraphs: float
    all_three: float


class Figures(Record):
    """What a dataset is made of. Lengths, form, tags and languages are of the kept originals."""

    rows: int
    kept: int
    dropped: Mapping[str, int]
    """By reason, most frequent first."""
    findings: Mapping[str, int]
    """Checks that fired, on kept and dropped rows."""
    rows_by_part: Mapping[Part, int]
    videos_by_part: Mapping[Part, int]
    kinds: Mapping[str, int]
    generators: Mapping[str, int]
    questions: Lengths
    answers: Lengths
    form: FormRates
    tags: Mapping[str, int]
    """The 15 most frequent."""
    languages: Mapping[str, int]
    """As the answers' commonest words tell; `unknown` where they do not."""


def figures_of(rows: Sequence[Row]) -> Figures:
    """Count and measure a dataset's rows."""
    present = kept(rows)
    originals = [row for row in present if row.kind == "original"]
    placed = [row for row in present if row.part is not None]
    videos = {(row.part, row.video_id) for row in placed if row.kind != "replay"}
    return Figures(
        rows=len(rows),
        kept=len(present),
        dropped=_counted(row.reason for row in rows if row.reason),
        findings=_counted(name for row in rows for name in row.findings),
        rows_by_part={part: sum(row.part == part for row in placed) for part in PARTS},
        videos_by_part={part: sum(one == part for one, _ in videos) for part in PARTS},
        kinds=_counted(row.kind for row in present),
        generators=_counted(row.generator for row in present),
        questions=_lengths([len(row.question) for row in originals]),
        answers=_lengths([len(row.answer) for row in originals]),
        form=form_rates([row.answer for row in originals]),
        tags=_counted((tag for row in originals for tag in row.tags), most=15),
        languages=_counted(guess_language(row.answer) or "unknown" for row in originals),
    )


def form_rates(answers: Sequence[str]) -> FormRates:
    """Strict rates over answers; 0 where there is none."""
    forms = [form_of(answer) for answer in answers]
    count = max(1, len(forms))
    return FormRates(
        bold=round(sum(form.bold for form in forms) / count, 4),
        list=round(sum(form.list for form in forms) / count, 4),
        paragraphs=round(sum(form.paragraphs for form in forms) / count, 4),
        all_three=round(sum(form.complete for form in forms) / count, 4),
    )


def _counted(names: Iterable[str], most: int | None = None) -> dict[str, int]:
    """Counts, most frequent first, equal ones by name."""
    ranked = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:most])


def _lengths(lengths: Sequence[int]) -> Lengths:
    if len(lengths) < 2:
        only = lengths[0] if lengths else 0
        return Lengths(mean=only, median=only, p95=only, longest=only)
    cuts = quantiles(lengths, n=20, method="inclusive")
    return Lengths(
        mean=round(fmean(lengths), 1), median=cuts[9], p95=round(cuts[18], 1), longest=max(lengths)
    )


# --- the picture -------------------------------------------------------------


def picture_writer(
    rows: Sequence[Row], figures: Figures, leak: LeakReport
) -> Callable[[Path], Artifact]:
    """A writer of `dataset_analysis.png` for `artifacts.publish`."""
    return lambda path: write_bytes(path, picture(rows, figures, leak))


def picture(rows: Sequence[Row], figures: Figures, leak: LeakReport) -> bytes:
    """Draw eight panels as PNG. Equal rows give equal bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sheet: Any = Figure(figsize=(15, 8.4), layout="constrained")
    FigureCanvasAgg(sheet)
    sheet.suptitle(
        f"{figures.kept:,} of {figures.rows:,} rows kept, "
        f"{sum(figures.videos_by_part.values())} videos",
        fontsize=14,
        color=_INK,
    )
    axes: Any = sheet.subplots(2, 4)
    originals = [row for row in kept(rows) if row.kind == "original"]
    _bars(axes[0, 0], "Rows by part", figures.rows_by_part)
    _bars(axes[0, 1], "Why rows were dropped", figures.dropped, colour=_DROP)
    _lengths_panel(axes[0, 2], "Question length, characters", [len(r.question) for r in originals])
    _lengths_panel(axes[0, 3], "Answer length, characters", [len(r.answer) for r in originals])
    _bars(axes[1, 0], "Form of the answers, %", _percent(figures.form))
    _leak_panel(axes[1, 1], leak)
    _bars(axes[1, 2], "Most frequent tags", figures.tags)
    per_video = Counter(row.video_id for row in originals)
    _lengths_panel(axes[1, 3], "Rows per video", list(per_video.values()))
    buffer = io.BytesIO()
    sheet.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()


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
    names = [drawable(name) for name, _ in shown]
    bars = axes.barh(range(len(shown)), [value for _, value in shown], color=colour)
    axes.bar_label(bars, fmt="{:,g}", padding=3, fontsize=8)
    axes.set_yticks(range(len(shown)), names, fontsize=8, parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.18)
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


def drawable(text: str) -> str:
    """Untrusted text as the bundled font can draw it: other letters than Latin, Greek and
    Cyrillic become `?`, for a missing glyph is a warning and an empty box.
    """
    short = text if len(text) <= 28 else f"{text[:27]}…"
    return "".join(
        character
        if (character.isprintable() and ord(character) < 0x0530) or character == "…"
        else "?"
        for character in short
    )
