"""Questions that mean the same in other words, which no comparison of characters finds.

Sentence embeddings find them, with a model of the user's choice. They also take
some questions for the same that are not, and paraphrases are useful variety in
train, so that the pass reports unless it is told to remove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from understudy.dedup import Cluster, Deduplicated, choose_keepers, marked
from understudy.errors import ConfigError
from understudy.records import Row
from understudy.settings import DedupSettings
from understudy.similarity.clusters import complete_linkage
from understudy.table import gathered, is_kept

_AT_ONCE = 1024
"""Rows of the product of all with all at a time."""

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
"""Turns texts into vectors of length 1, `(texts, dimensions)`."""


def open_encoder(model: str) -> Encode:
    """Load a model of sentence-transformers.

    Raises:
        ConfigError: The extra is not installed, or the model cannot be loaded.
    """
    try:
        from sentence_transformers import (  # pyright: ignore[reportMissingImports]
            SentenceTransformer,
        )
    except ImportError as error:
        raise ConfigError(
            "dedup.semantic needs sentence-transformers: `pip install 'understudy[semantic]'`, or "
            "set dedup.semantic to keep"
        ) from error
    try:
        loaded = SentenceTransformer(model, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"dedup.semantic_model {model!r} cannot be loaded: {error}") from error

    def encode(texts: Sequence[str]) -> Vectors:
        found = loaded.encode(list(texts), normalize_embeddings=True, convert_to_numpy=True)
        return np.asarray(found, dtype=np.float32)

    return encode


def without_paraphrases(
    found: Deduplicated,
    settings: DedupSettings,
    *,
    encode: Encode,
    defects: Callable[[Row], int],
) -> tuple[Deduplicated, tuple[Cluster, ...]]:
    """Group the questions that are left by meaning; with `semantic: drop`, keep one of each group.

    All questions of a group are similar to each other (complete linkage): a chain of paraphrases
    drifts from one matter to another.

    Returns:
        The rows, changed only where paraphrases are to go, and the groups with what would go.
    """
    present = [(place, row.question) for place, row in enumerate(found.rows) if is_kept(row)]
    vectors = encode([question for _, question in present])
    edges = list(alike(vectors, settings.semantic_threshold))
    nodes = sorted({node for _, left, right in edges for node in (left, right)})
    groups = [group for group in complete_linkage(nodes, edges) if len(group) > 1]
    members = gathered(found.rows, [[present[index][0] for index in group] for group in groups])
    clusters = choose_keepers(members, settings, defects=defects, reason="same_meaning")
    if settings.semantic != "drop":
        return found, clusters
    return replace(found, rows=marked(found.rows, clusters)), clusters


def alike(vectors: Vectors, threshold: float) -> Iterator[tuple[float, int, int]]:
    """Yield (1 - cosine, left, right) of all pairs from the threshold on, a stripe at a time."""
    for start in range(0, len(vectors), _AT_ONCE):
        cosines = vectors[start : start + _AT_ONCE] @ vectors[start:].T
        left, right = np.nonzero(np.triu(cosines, k=1) >= threshold)
        for one, other in zip(left.tolist(), right.tolist(), strict=True):
            yield round(1 - float(cosines[one, other]), 6), start + one, start + other
