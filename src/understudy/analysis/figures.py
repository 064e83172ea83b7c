"""Figures of a dataset: what it is made of, and why the other rows are not in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, quantiles

from understudy.analysis.tokens import Tokens
from understudy.records import Part, Record, Row
from understudy.rows import kept
from understudy.split import PARTS
from understudy.text.form import form_of
from understudy.text.language import guess_language

VERSION = "1"


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
    clusters: int
    """Of near-duplicates, each with its keeper."""
    clustered: int
    """Rows in them."""
    reviewed: Mapping[str, int]
    """By what a person decided."""
    kinds: Mapping[str, int]
    """Originals and the variants made of them."""
    generators: Mapping[str, int]
    questions: Lengths
    answers: Lengths
    form: FormRates
    tags: Mapping[str, int]
    """The 15 most frequent."""
    languages: Mapping[str, int]
    """As the answers' commonest words tell; `unknown` where they do not."""


class Analysis(Record):
    """`analysis.json`: the dataset by itself, and as one base reads it."""

    figures: Figures
    tokens: Tokens | None
    without_tokens: str
    """Why they were not counted; "" where they were."""


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
        clusters=len({row.cluster for row in rows if row.cluster}),
        clustered=sum(row.cluster is not None for row in rows),
        reviewed=_counted(row.review for row in rows if row.review),
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
