"""Which faults a campaign plants: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.support.faults.world import STAGES

KILLS = 20
"""Of each stage."""
FILES: tuple[tuple[str, str], ...] = (
    ("videos", "data/videos.jsonl"),
    ("transcript", "data/transcripts/*.json"),
    ("questions", "data/questions/*.json"),
    ("answers", "data/answers/*.json"),
    ("ledger", "data/../ledger.jsonl"),
    ("bill", "data/teacher_bill.json"),
    ("split", "data/splits/*.json"),
    ("stage rows", "data/stages/*/rows.parquet"),
    ("stage manifest", "data/stages/*/manifest.json"),
    ("clusters", "data/stages/*/clusters.jsonl"),
    ("dataset rows", "data/dataset/*/rows.parquet"),
    ("dataset part", "data/dataset/*/t*.jsonl"),
    ("dataset manifest", "data/dataset/*/manifest.json"),
    ("dataset page", "data/dataset/*/dataset.html"),
    ("analysis", "data/dataset/*/analysis*.json"),
    ("adapter", "models/*/adapters.safetensors"),
    ("adapter config", "models/*/adapter_config.json"),
    ("metrics", "models/*/training_metrics.json*"),
    ("metadata", "models/*/run_metadata.json"),
    ("run manifest", "models/*/manifest.json"),
    ("scores", "models/*/scores.jsonl"),
    ("generations", "models/*/generations.jsonl"),
    ("results", "models/*/evaluation_results.json"),
    ("evaluation manifest", "models/*/evaluation.manifest.json"),
)
"""Name and place of every kind of file that a line of this channel leaves."""


@dataclass(frozen=True)
class Fault:
    """One fault, drawn and not yet planted."""

    id: str
    kind: str
    stage: str
    """Or the kind of file that is damaged."""
    share: float
    """Of the stage's operations that come before it, or of the file."""
    model: bool = False
    """In the process that holds the model."""
    target: str = "self"
    late: float = 0.0
    """Seconds after the operation was begun."""
    whole: bool = False
    """Under a real Prefect server."""
    choice: int = 0
    """For what else is drawn."""


def plan(seed: int) -> list[Fault]:
    """All faults of a campaign, the kinds mixed, so that any beginning of it has some of each."""
    draw = random.Random(seed)
    faults = [
        Fault(id=f"{kind}/{stage}/{number}", kind=kind, stage=stage, **_drawn(draw, kind, stage))
        for kind, stages in _KINDS
        for stage, count in stages
        for number in range(count)
    ]
    draw.shuffle(faults)
    return faults


def _drawn(draw: random.Random, kind: str, stage: str) -> dict[str, object]:
    held = stage in {"train", "evaluate"} and kind in {"kill", "tear", "clock"}
    model = held and draw.random() < 0.7
    return {
        "share": draw.random(),
        "model": model,
        "target": draw.choice(("self", "parent", "both")) if model and kind == "kill" else "self",
        "late": draw.choice((0.0, draw.uniform(0, 0.05))),
        "whole": kind in {"SIGTERM", "server killed"} or (kind == "kill" and draw.random() < 0.1),
        "choice": draw.randrange(2**30),
    }


def _each(stages: Sequence[str], count: int) -> list[tuple[str, int]]:
    return [(stage, count) for stage in stages]


_ASKING = ("questions", "answers")
_KINDS: Sequence[tuple[str, list[tuple[str, int]]]] = (
    ("kill", _each(tuple(STAGES), KILLS)),
    ("tear", _each(_ASKING, 4)),
    ("SIGINT", _each(tuple(STAGES), 2)),
    ("SIGTERM", _each(("collect", "answers", "train"), 2)),
    ("disk full", _each(tuple(STAGES), 3)),
    ("read-only", _each(tuple(STAGES), 2)),
    ("clock back", _each(tuple(STAGES), 2)),
    ("two at once", _each(("collect", "answers", "rows", "train"), 2)),
    ("two channels", _each(_ASKING, 2)),
    ("network dropped", _each(_ASKING, 4)),
    ("server killed", _each(("collect", "answers", "rows"), 1)),
    *(
        (kind, _each([name for name, _ in FILES], 1))
        for kind in ("truncated", "garbled", "swapped")
    ),
)


def kinds() -> Iterator[str]:
    return (kind for kind, _ in _KINDS)
