"""One portion of the search for near-duplicates, to run wherever a task runner puts it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from prefect import task

from tasks.policy import STAGE
from understudy.atomic import replacing
from understudy.similarity.pairs import Pairs, near_pairs


@task(name="pairs", task_run_name="pairs · {portion} of {of}", **STAGE)
def find_pairs(texts: Path, *, threshold: float, portion: int, of: int) -> Path:
    """Search one portion of the pairs and write it beside the texts.

    References go in and out, for a worker is another process: it must see the same folder.

    Args:
        texts: A JSON list.
    """
    found = near_pairs(
        json.loads(texts.read_text(encoding="utf-8")), threshold=threshold, portion=(portion, of)
    )
    path = texts.with_name(f"pairs-{portion}-of-{of}.npy")
    with replacing(path) as sink:
        np.save(sink, np.stack([found.left, found.right, found.distance]), allow_pickle=False)
    return path


def read_pairs(path: Path) -> Pairs:
    """Read what a portion found."""
    left, right, distance = np.load(path, allow_pickle=False)
    return Pairs(left, right, distance)
