"""What a training measured, line by line as it happens and as lists for those who plot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from understudy.artifacts import read_jsonl, write_json, write_jsonl
from understudy.errors import WriteError
from understudy.records import Record

LINES = "training_metrics.jsonl"
LISTS = "training_metrics.json"


class Metrics(Record):
    """The state after one update. A field is null where it was not measured then."""

    iteration: int
    """Updates done; 0 is before training."""
    epoch: float
    """Share of the rows seen, 1 for each pass."""
    train_loss: float | None = None
    """Nats per learned token, over the updates since the line before."""
    val_loss: float | None = None
    val_loss_se: float | None = None
    """Standard error over videos."""
    learning_rate: float | None = None
    grad_norm: float | None = None
    """Of the last update, before clipping."""
    tokens_per_sec: float | None = None
    """Positions computed, padding included; validation and saving are not counted."""
    useful_tokens_per_sec: float | None = None
    """The same without padding."""
    padding_share: float | None = None
    trained_tokens: int | None = None
    """Learned tokens so far."""
    peak_memory_gb: float | None = None
    seconds: float | None = None
    """Since this process began to train."""


class MetricsLog:
    """Appends to the lines and keeps the lists in step with them.

    Args:
        config: Every setting, effective; stands beside the lists.
    """

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self._folder = folder
        self._config = config
        self.lines: list[Metrics] = []

    def rewind(self, iteration: int) -> None:
        """Forget what came after a checkpoint: it is done again.

        A line that a crash tore off is forgotten with it.
        """
        path = self._folder / LINES
        if iteration > 0 and path.exists():
            _drop_torn_line(path)
            kept = [one for one in read_jsonl(path, Metrics) if one.iteration <= iteration]
        else:
            kept = []
        self.lines = kept
        write_jsonl(path, kept)
        self._write_lists()

    def add(self, line: Metrics) -> None:
        """Append a line.

        Raises:
            WriteError: The file system refused.
        """
        self.lines.append(line)
        path = self._folder / LINES
        try:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(line.model_dump_json() + "\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise WriteError(path, error.strerror or str(error)) from error
        self._write_lists()

    def _write_lists(self) -> None:
        write_json(self._folder / LISTS, as_lists(self.lines, self._config))


def as_lists(lines: list[Metrics], config: dict[str, Any]) -> dict[str, Any]:
    """Lists of equal length, null where nothing was measured, and the settings."""
    names = [name for name in Metrics.model_fields if name != "iteration"]
    return {
        "iterations": [line.iteration for line in lines],
        **{name: [getattr(line, name) for line in lines] for name in names},
        "config": config,
    }


def _drop_torn_line(path: Path) -> None:
    raw = path.read_bytes()
    if raw and not raw.endswith(b"\n"):
        path.write_bytes(raw[: raw.rfind(b"\n") + 1])
