"""Folders of runs, as a training and an evaluation leave them, without either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from understudy.artifacts import write_json
from understudy.settings import override


def make_run(
    root: Path,
    name: str,
    *,
    channel: str = "demo",
    losses: tuple[float, ...] = (2.0, 1.0),
    held_out: dict[str, float] | None = None,
    whole: bool = True,
    test_digest: str = "t" * 64,
    **changes: Any,
) -> Path:
    """Write a run.

    Args:
        losses: Of the validations, one at every tenth update.
        held_out: Question id to the tuned model's loss of ten tokens.
        changes: Into `run_metadata.json`, nested.
    """
    folder = root / "models" / channel / name
    best = min(range(len(losses)), key=lambda place: losses[place])
    metadata = {
        "timestamp": "2026-11-22T18:00:00Z",
        "git": {"commit": "c" * 40, "has_uncommitted_changes": False},
        "dataset": {"path": f"data/{channel}/dataset/0123456789ab", "sha256": {"train.jsonl": "a"}},
        "base": {"name": "models/sample-base", "sha256": {"weights": "w"}},
        "hyperparameters": {"learning_rate": 1e-4, "lora": {"rank": 8}, "system_prompt": None},
        "environment": {"packages": {"mlx": "0.32"}},
        "result": {"updates": 10 * (len(losses) - 1), "best_update": 10 * best},
    }
    write_json(folder / "run_metadata.json", override(metadata, changes))
    metrics = {
        "iterations": [10 * place for place in range(len(losses))],
        "val_loss": list(losses),
        "val_loss_se": [0.1] * len(losses),
        "train_loss": [None, *losses[1:]],
    }
    write_json(folder / "training_metrics.json", metrics)
    if whole:
        write_json(folder / "manifest.json", {})
    if held_out is not None:
        _judge(folder, held_out, test_digest)
    return folder


def _judge(folder: Path, held_out: dict[str, float], test_digest: str) -> None:
    questions = [
        {"id": key, "video_id": key.partition(":")[0], "tuned": {"loss": loss, "tokens": 10}}
        for key, loss in held_out.items()
    ]
    measure = {
        "title": "Loss <per> token",
        "unit": "nats",
        "better": "lower",
        "base": 2.0,
        "tuned": 1.0,
        "diff": -1.0,
        "ci95": [-1.5, -0.5],
        "confidence": 0.95,
        "n_videos": 3,
        "n_rows": 9,
        "baseline": None,
        "of_a_later_version": 1,
    }
    results = {"verdict": "LEARNED", "questions": questions, "measures": {"loss": measure}}
    write_json(folder / "evaluation_results.json", results)
    inputs = {"test.jsonl": test_digest}
    write_json(folder / "evaluation.manifest.json", {"recipe": {"inputs": inputs}})
