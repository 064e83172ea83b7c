"""Do the intervals cover what they promise, and does noise ever become LEARNED?

Simulated losses with a known truth: rows in videos of unequal size, each video
with an offset of its own. Beside our interval stand the plain percentile
interval over videos and the naive bootstrap over rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from frame import report

from tests.support.proof import CONTROLS, CURVE, REPRODUCTION, SETTINGS, arm, question
from understudy.proof.intervals import (
    Array,
    bootstrap_over_videos,
    ratio_of_sums,
    small_sample_stretch,
    video_totals,
)
from understudy.proof.measures.table import measure_all
from understudy.proof.records import QuestionFacts
from understudy.proof.verdict import judge

RUNS, AA_RUNS, RESAMPLES = 2000, 400, 600
VIDEOS = (3, 5, 10, 20, 40)
CONFIDENCE = 0.95


def rows_of(generator: np.random.Generator, videos: int) -> tuple[list[int], Array]:
    """Differences around a true 0: columns value and 1, and the video of each row."""
    sizes = generator.integers(5, 16, videos)
    names = np.repeat(np.arange(videos), sizes)
    values = generator.normal(0, 1.0, videos)[names] + generator.normal(0, 1.5, sizes.sum())
    return names.tolist(), np.column_stack([values, np.ones(len(values))])


def ends_of(totals: Array, generator: np.random.Generator) -> tuple[float, float]:
    found = bootstrap_over_videos(
        totals,
        ratio_of_sums,
        resamples=RESAMPLES,
        confidence=CONFIDENCE,
        generator=generator,
    )
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def coverages(videos: int) -> tuple[float, float, float]:
    """Share of intervals that hold the truth: ours, plain percentile, over rows."""
    generator = np.random.default_rng(videos)
    stretch = small_sample_stretch(videos, CONFIDENCE)
    ours = plain = naive = 0
    for _ in range(RUNS):
        names, columns = rows_of(generator, videos)
        totals = video_totals(names, columns)
        middle = float(ratio_of_sums(totals.sum(axis=0)))
        low, high = ends_of(totals, generator)
        ours += low <= 0 <= high
        plain += middle - (middle - low) / stretch <= 0 <= middle + (high - middle) / stretch
        low, high = ends_of(columns, generator)
        naive += low <= 0 <= high
    return ours / RUNS, plain / RUNS, naive / RUNS


def same_model_twice() -> Iterator[list[QuestionFacts]]:
    """Losses of two models that differ by chance alone, in nats per token."""
    generator = np.random.default_rng(400)
    for _ in range(AA_RUNS):
        questions: list[QuestionFacts] = []
        for video in range(int(generator.integers(5, 21))):
            offset = generator.normal(0, 0.06)
            for number in range(int(generator.integers(4, 13))):
                tokens = int(generator.integers(60, 240))
                shift = offset + generator.normal(0, 0.1)
                level = 1.8 + generator.normal(0, 0.2)
                questions.append(
                    question(
                        f"v{video}",
                        number,
                        base=arm(level * tokens, tokens, text=None),
                        tuned=arm((level + shift) * tokens, tokens, text=None),
                    )
                )
        yield questions


def false_learned() -> tuple[float, float]:
    """Share of A/A comparisons that are called LEARNED, with intervals over videos and rows."""
    settings = SETTINGS.model_copy(update={"resamples": RESAMPLES, "confidence": CONFIDENCE})
    clustered = naive = 0
    for questions in same_model_twice():
        rows = [one.model_copy(update={"video_id": one.id.replace(":", "-")}) for one in questions]
        for found, by_row in ((questions, False), (rows, True)):
            measures = measure_all(found, train_answers=(), settings=settings)
            verdict = judge(measures, CONTROLS, CURVE, reproduction=REPRODUCTION)
            learned = verdict.name == "LEARNED"
            naive += learned and by_row
            clustered += learned and not by_row
    return clustered / AA_RUNS, naive / AA_RUNS


def main() -> None:
    found = {videos: coverages(videos) for videos in VIDEOS}
    learned, learned_naive = false_learned()
    figures = {
        "coverage": round(float(np.mean([one[0] for one in found.values()])), 4),
        "false_learned_share": learned,
        "false_learned_share_naive": learned_naive,
        "coverage_by_videos": {videos: one[0] for videos, one in found.items()},
        "coverage_percentile_by_videos": {videos: one[1] for videos, one in found.items()},
        "coverage_naive_by_videos": {videos: one[2] for videos, one in found.items()},
        "runs": RUNS,
        "aa_runs": AA_RUNS,
    }
    report("intervals", figures)


if __name__ == "__main__":
    main()
