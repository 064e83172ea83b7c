"""What a training is asked to do: the whole of what its process is told."""

from __future__ import annotations

from pathlib import Path

from understudy.models import BaseDigests
from understudy.records import Record
from understudy.settings import TrainSettings


class TrainSpec(Record):
    """What the child is asked to do."""

    folder: Path
    """Of the run."""
    root: Path
    """Of the project, for git's sake."""
    base: Path
    base_digests: BaseDigests
    dataset: Path
    dataset_name: str
    """As metadata names it: relative to the project."""
    dataset_digests: dict[str, str]
    settings: TrainSettings
    system_prompt: str | None
    blas: str
    applied: tuple[str, ...] | None = None
    """Cheaper settings that this training is to take (`understudy.training.fitting`); None: what its
    memory asks for."""
