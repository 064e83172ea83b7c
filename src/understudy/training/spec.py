"""What a training is asked to do: the whole of what its process is told."""

from __future__ import annotations

from pathlib import Path

from understudy.models import BaseDigests
from understudy.records import Record
from understudy.settings import TrainSettings
from understudy.training.choosing import Choice


class Begun(Record):
    """What a run was begun with, where its settings leave that open.

    Who goes on with it, or repeats it, takes the same.
    """

    applied: tuple[str, ...]
    """Cheaper settings (`understudy.training.fitting`)."""
    batching: Choice | None
    """None in what was trained before there was a choice."""


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
    begun: Begun | None = None
    """Of the run that this training is to repeat; None: what its memory and its rows ask for."""
