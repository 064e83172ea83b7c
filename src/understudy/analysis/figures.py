"""Figures of a dataset: what it is made of, and why the other rows are not in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, quantiles
from sys import intern
from typing import NamedTuple

from understudy.analysis.tokens import Tokens
from understudy.conflicts import disagreements
from understudy.records import Part, Record, Row
from understudy.split import PARTS
from understudy.table import Rows, is_kept, selected
from understudy.text.form import form_of
from understudy.text.language import guess_language

VERSION = "2"


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
    conflicting: int = 0
    """Clusters whose answers disagree; 0 in what was made before they were counted."""
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


class _Column(NamedTuple):
    """What is counted of a row several times."""

    reason: str | None
    part: Part | None
    video_id: str
    kind: str
    generator: str
    cluster: str | None
    review: str | None
    question: int
    """Characters."""
    answer: int


def figures_of(rows: Rows) -> Figures:
    """Count and measure a dataset's rows."""
    every = list(map(_column, rows))
    present = [row for row in every if row.reason is None]
    placed = [row for row in present if row.part is not None]
    videos = {(row.part, row.video_id) for row in placed if row.kind != "replay"}
    lengths = [(row.question, row.answer) for row in present if row.kind == "original"]
    originals = selected(rows, lambda row: is_kept(row) and row.kind == "original")
    return Figures(
        rows=len(every),
        kept=len(present),
        dropped=_counted(row.reason for row in every if row.reason),
        findings=_counted(name for row in rows for name in row.findings),
        rows_by_part={part: sum(row.part == part for row in placed) for part in PARTS},
        videos_by_part={part: sum(one == part for one, _ in videos) for part in PARTS},
        clusters=len({row.cluster for row in every if row.cluster}),
        clustered=sum(row.cluster is not None for row in every),
        conflicting=len({one.keeper for one in disagreements(rows)}),
        reviewed=_counted(row.review for row in every if row.review),
        kinds=_counted(row.kind for row in present),
        generators=_counted(row.generator for row in present),
        questions=_lengths([question for question, _ in lengths]),
        answers=_lengths([answer for _, answer in lengths]),
        form=form_rates(row.answer for row in originals),
        tags=_counted((tag for row in originals for tag in row.tags), most=15),
        languages=_counted(guess_language(row.answer) or "unknown" for row in originals),
    )


def _column(row: Row) -> _Column:
    return _Column(
        reason=row.reason,
        part=row.part,
        video_id=intern(row.video_id),
        kind=row.kind,
        generator=intern(row.generator),
        cluster=row.cluster and intern(row.cluster),
        review=row.review,
        question=len(row.question),
        answer=len(row.answer),
    )


def form_rates(answers: Iterable[str]) -> FormRates:
    """Strict rates over answers; 0 where there is none."""
    total, held = 0, Counter[str]()
    for form in map(form_of, answers):
        total += 1
        held.update(bold=form.bold, list=form.list, paragraphs=form.paragraphs)
        held["all_three"] += form.complete
    return FormRates(
        **{name: round(held[name] / max(1, total), 4) for name in FormRates.model_fields}
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
