"""A dataset's figures in words: the same lines for the terminal and the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from understudy.analysis.figures import Analysis, Figures, FormRates, Lengths
from understudy.analysis.making import ANALYSIS, LEAK
from understudy.artifacts import read_record
from understudy.leak import Leak, LeakReport


def facts_of(analysis: Analysis, leak: LeakReport) -> tuple[tuple[str, str], ...]:
    """Name and value of everything worth knowing about a dataset, in the order of a reader's
    questions. What there is none of says so.
    """
    figures = analysis.figures
    return (
        ("Rows", f"{figures.kept:,} kept of {figures.rows:,}"),
        ("Parts", _parts(figures)),
        ("Tokens", _tokens(analysis)),
        ("Questions", _lengths(figures.questions)),
        ("Answers", _lengths(figures.answers)),
        ("Form", _form(figures.form)),
        ("Tags", _counts(figures.tags)),
        ("Languages", _counts(figures.languages)),
        ("Kinds", _counts(figures.kinds)),
        ("Written by", _counts(figures.generators)),
        ("Dropped", _counts(figures.dropped)),
        ("Findings", _counts(figures.findings)),
        ("Near-duplicates", _clusters(figures)),
        ("Reviewed", _counts(figures.reviewed)),
        ("Leak, random split", _leak(leak.before)),
        ("Leak, this split", _leak(leak.after)),
        ("Purged", f"{leak.purged_rows:,} training rows ({leak.purged_share:.1%})"),
        ("Claims", " ".join(leak.claims)),
    )


def facts_beside(dataset: Path) -> tuple[tuple[str, str], ...]:
    """The same of a published dataset; nothing where it was made before there were any.

    Raises:
        DataError: A file is there and cannot be read.
    """
    analysis, leak = dataset / ANALYSIS, dataset / LEAK
    if not (analysis.is_file() and leak.is_file()):
        return ()
    return facts_of(read_record(analysis, Analysis), read_record(leak, LeakReport))


def cautions_beside(dataset: Path) -> tuple[str, ...]:
    """What a published dataset's split cannot show; nothing where it was never measured.

    Raises:
        DataError: The file is there and cannot be read.
    """
    leak = dataset / LEAK
    return read_record(leak, LeakReport).cautions if leak.is_file() else ()


def _form(form: FormRates) -> str:
    return (
        f"bold {form.bold:.1%}, list {form.list:.1%}, paragraphs {form.paragraphs:.1%}, all three "
        f"{form.all_three:.1%}"
    )


def _parts(figures: Figures) -> str:
    videos = figures.videos_by_part
    return ", ".join(
        f"{part} {rows:,} rows of {videos[part]:,} videos"
        for part, rows in figures.rows_by_part.items()
    )


def _tokens(analysis: Analysis) -> str:
    tokens = analysis.tokens
    if tokens is None:
        return f"not counted: {analysis.without_tokens}"
    whole = sum(analysis.figures.rows_by_part.values())
    drawn = f" (counted on {tokens.counted:,} rows)" if tokens.counted < whole else ""
    parts = ", ".join(f"{part} {count:,}" for part, count in tokens.by_part.items())
    return (
        f"{tokens.total:,} for {tokens.base}{drawn}: {parts}; a row has {tokens.mean:,g} (median "
        f"{tokens.median:,g}, 95 % up to {tokens.p95:,g}, longest {tokens.longest:,}), "
        f"{tokens.truncated:,} rows cut at {tokens.max_seq_length:,}; {tokens.answer_share:.0%} are "
        "in answers"
    )


def _lengths(one: Lengths) -> str:
    return (
        f"{one.mean:,g} characters (median {one.median:,g}, 95 % up to {one.p95:,g}, longest "
        f"{one.longest:,})"
    )


def _clusters(figures: Figures) -> str:
    found = f"{figures.clustered:,} rows in {figures.clusters:,} clusters"
    if not figures.conflicting:
        return found
    return (
        f"{found}; answers conflict in {figures.conflicting:,}: Conflict in dataset.html names them"
    )


def _leak(one: Leak) -> str:
    return (
        f"of {one.held_out_rows:,} held-out rows {one.rows_sharing_video:,} share their video with "
        f"train, {one.rows_near_duplicate:,} have a near-duplicate question there, "
        f"{one.rows_sharing_8gram:,} share 8 words of the answer"
    )


def _counts(counts: Mapping[str, int]) -> str:
    shown = (f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
    return ", ".join(shown) or "none"
