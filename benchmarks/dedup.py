"""The pair search: exact, its cost against rapidfuzz's cdist and difflib, its memory.

Sizes can be given on the command line, such as `10000 30000`, for a machine that is
busy: figures of sizes that were not run are null.
"""

from __future__ import annotations

import difflib
import json
import multiprocessing
import random
import resource
import sys
import time
from typing import Any

from frame import ROOT, report
from questions import built_in, generate
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel

from tests.support.rows import dedup_settings, real_answers
from understudy.dedup import deduplicate_rows
from understudy.quality import defects
from understudy.rows import kept, rows_of
from understudy.similarity.pairs import allowance, near_pairs

THRESHOLD = 0.85
SIZES = (10_000, 100_000, 300_000)
REAL = ROOT.parent / "shared" / "data" / "fung_qa.jsonl"
SLICE = 200
"""Rows that are compared with all others where all pairs would take hours."""


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    figures: dict[str, Any] = dict.fromkeys(
        ("cpu_ratio_to_cdist_100k", "cpu_ratio_to_difflib_real", "peak_mb_300k",
         "removed_real", "clusters_real")
    )  # fmt: skip
    if REAL.exists():
        figures |= real()
    recalls, precisions = [], []
    for size in sizes:
        found = in_child(size)
        name = f"{size // 1000}k"
        figures |= {f"{key}_{name}": value for key, value in found.items()}
        recalls.append(found["recall"])
        precisions.append(found["precision"])
        print(size, json.dumps(found), file=sys.stderr, flush=True)
    report("dedup", {"recall": min(recalls), "precision": min(precisions), **figures})


def real() -> dict[str, Any]:
    """The real questions: what is removed, and what the old pipeline's loop would cost."""
    rows = rows_of(real_answers(REAL))
    settings = dedup_settings(normalise="lower", max_cluster=0)
    plain = deduplicate_rows(rows, settings, defects=defects)
    full = deduplicate_rows(rows, dedup_settings(), defects=defects)
    questions = [row.question.lower() for row in rows]
    near_pairs(questions[:50], threshold=THRESHOLD)  # imports and first-time costs
    ours, _ = cpu(lambda: near_pairs(questions, threshold=THRESHOLD))
    return {
        "removed_real": len(rows) - len(kept(plain.rows)),
        "clusters_real": len(plain.clusters),
        "removed_real_full_and_guard": len(rows) - len(kept(full.rows)),
        "clusters_real_full_and_guard": len(full.clusters),
        "cpu_s_real": round(ours, 3),
        "cpu_ratio_to_difflib_real": round(difflib_cost(questions) / ours),
        "cpu_ratio_to_cdist_real": round(cdist_cost(questions, len(questions)) / ours, 1),
    }


def in_child(size: int) -> dict[str, Any]:
    """Measure one size in a process of its own, so that its peak memory is its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(measure, (size,))


def measure(size: int) -> dict[str, Any]:
    seeds = [answer.question for answer in real_answers(REAL)] if REAL.exists() else built_in()
    texts = sorted({text.lower() for text in generate(seeds, size)})
    ours, found = cpu(lambda: near_pairs(texts, threshold=THRESHOLD))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform == "linux" else 2**20
    )
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    rows = (
        range(len(texts)) if size <= 10_000 else random.Random(1).sample(range(len(texts)), SLICE)
    )
    recall, precision = compare(texts, pairs, rows)
    return {
        "unique": len(texts),
        "pairs": len(pairs),
        "cpu_s": round(ours, 2),
        "peak_mb": round(peak),
        "cpu_ratio_to_cdist": round(cdist_cost(texts, SLICE) / ours, 1),
        "recall": recall,
        "precision": precision,
    }


def compare(texts: list[str], pairs: set[tuple[int, int]], rows: Any) -> tuple[float, float]:
    """Recall and precision on the pairs of some rows with all, by brute force."""
    share, right, ours = allowance(THRESHOLD), 0, 0
    chosen = set(rows)
    missed = 0
    for row in chosen:
        distances = process.cdist([texts[row]], texts, scorer=Indel.distance)[0]
        near = {
            other
            for other, distance in enumerate(distances.tolist())
            if other != row
            and distance * share.denominator
            < share.numerator * (len(texts[row]) + len(texts[other]))
        }
        right += len(near)
        missed += sum((min(row, other), max(row, other)) not in pairs for other in near)
    ours = sum((left in chosen) + (other in chosen) for left, other in pairs)
    hit = right - missed
    return (hit / right if right else 1.0), (hit / ours if ours else 1.0)


def cdist_cost(texts: list[str], slice_: int) -> float:
    """CPU seconds of rapidfuzz.process.cdist with its cutoff for all pairs, from a slice."""
    rows = random.Random(2).sample(texts, min(slice_, len(texts)))
    seconds, _ = cpu(
        lambda: process.cdist(rows, texts, scorer=fuzz.ratio, score_cutoff=100 * THRESHOLD)
    )
    return seconds * len(texts) / 2 / len(rows)


def difflib_cost(texts: list[str]) -> float:
    """CPU seconds of the old pipeline's loop for all pairs, from 2,000 of them."""
    draw = random.Random(3)
    chosen = [draw.sample(texts, 2) for _ in range(2_000)]
    seconds, _ = cpu(lambda: [difflib.SequenceMatcher(None, *pair).ratio() for pair in chosen])
    return seconds * len(texts) * (len(texts) - 1) / 2 / len(chosen)


def cpu(work: Any) -> tuple[float, Any]:
    """CPU seconds of a call, over all threads, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


if __name__ == "__main__":
    main()
