"""Several runs beside each other: what differs, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from string import ascii_uppercase
from typing import Any

import numpy as np

from understudy.errors import DataError
from understudy.proof.intervals import Interval, bootstrap_over_videos, ratio_of_sums, video_totals
from understudy.proof.records import Measure
from understudy.runs.reading import RunFacts

MOST = 8
"""More curves than that cannot be told apart."""

_RESAMPLES, _CONFIDENCE, _SEED = 4000, 0.95, 42


@dataclass(frozen=True)
class Paired:
    """How two tuned models' losses differ on the same held-out questions."""

    one: str
    """Letter."""
    other: str
    difference: Interval
    """Other minus one, nats per answer token; below zero, the other is better."""
    questions: int


@dataclass(frozen=True)
class Comparison:
    """What `understudy compare` shows."""

    runs: tuple[RunFacts, ...]
    differences: tuple[tuple[str, tuple[str, ...]], ...]
    """Dotted setting, and its value in each run."""
    figures: tuple[tuple[str, tuple[Measure | None, ...]], ...]
    """Title of a measure, and what each run has of it."""
    paired: tuple[Paired, ...]
    notes: tuple[str, ...]
    """What must be known before the figures are compared."""

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(ascii_uppercase[: len(self.runs)])


def compare(runs: Sequence[RunFacts]) -> Comparison:
    """Put runs beside each other. Equal runs give an equal result.

    Raises:
        DataError: Fewer than two, or more than `MOST`.
    """
    if not 2 <= len(runs) <= MOST:
        raise DataError(f"between 2 and {MOST} runs can be compared, not {len(runs)}")
    return Comparison(
        runs=tuple(runs),
        differences=tuple(_differences(runs)),
        figures=tuple(_figures(runs)),
        paired=tuple(
            found
            for (a, one), (b, other) in combinations(zip(ascii_uppercase, runs, strict=False), 2)
            if (found := _paired(a, one, b, other)) is not None
        ),
        notes=tuple(_notes(runs)),
    )


def _differences(runs: Sequence[RunFacts]) -> list[tuple[str, tuple[str, ...]]]:
    keys = dict.fromkeys(key for run in runs for key in run.settings)
    rows = [(key, tuple(_shown(run.settings.get(key, "–")) for run in runs)) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text


def _figures(runs: Sequence[RunFacts]) -> list[tuple[str, tuple[Measure | None, ...]]]:
    names = dict.fromkeys(name for run in runs for name in run.measures)
    cells = {name: tuple(run.measures.get(name) for run in runs) for name in names}
    return [
        (next(f"{one.title}, {one.unit}" for one in found if one is not None), found)
        for found in cells.values()
    ]


def _paired(a: str, one: RunFacts, b: str, other: RunFacts) -> Paired | None:
    """Compare two tuned models on the questions that both were scored on with the same tokens."""
    shared = [
        (left, right)
        for key, left in one.held_out.items()
        if (right := other.held_out.get(key)) is not None and right.tokens == left.tokens
    ]
    if one.test_digest != other.test_digest or not shared:
        return None
    columns = np.array([[right.loss - left.loss, left.tokens] for left, right in shared])
    difference = bootstrap_over_videos(
        video_totals([left.video for left, _ in shared], columns),
        ratio_of_sums,
        resamples=_RESAMPLES,
        confidence=_CONFIDENCE,
        generator=np.random.default_rng(_SEED),
    )
    return Paired(a, b, difference, len(shared))


def _notes(runs: Sequence[RunFacts]) -> list[str]:
    notes: list[str] = []
    if len({run.test_digest for run in runs if run.verdict}) > 1:
        notes.append(
            "The runs were judged on different held-out rows: their figures say how each did, and "
            "not which is better."
        )
    if len({run.base for run in runs}) > 1:
        notes.append("The bases differ: losses per token are not of the same tokens.")
    if unjudged := [run.id for run in runs if run.verdict is None]:
        notes.append(f"Not evaluated yet: {', '.join(unjudged)}. Run `understudy evaluate`.")
    if unfinished := [run.id for run in runs if not run.whole]:
        notes.append(f"Not trained to the end: {', '.join(unfinished)}.")
    return notes
