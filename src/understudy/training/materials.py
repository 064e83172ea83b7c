"""A base and a dataset as they lie on disk now: what a training is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.artifacts import file_digest
from understudy.blas import blas_name
from understudy.models import BaseDigests, base_digests
from understudy.settings import TrainSettings
from understudy.training.spec import TrainSpec
from understudy.workspace import relative

PARTS = ("train.jsonl", "valid.jsonl")
"""Of a dataset, what a training reads."""


def part_digests(dataset: Path) -> dict[str, str]:
    """Digests of the parts that are there, by name."""
    return {part: file_digest(dataset / part) for part in PARTS if (dataset / part).exists()}


@dataclass(frozen=True)
class Materials:
    """Both folders, and the digests of what a training reads of them."""

    base: Path
    base_digests: BaseDigests
    dataset: Path
    parts: dict[str, str]

    @classmethod
    def of(cls, base: Path, dataset: Path) -> Materials:
        """Read both folders, which have been found."""
        return cls(base, base_digests(base), dataset, part_digests(dataset))

    def spec(
        self, root: Path, folder: Path, *, settings: TrainSettings, system_prompt: str | None
    ) -> TrainSpec:
        """What the process is told that trains on them.

        Args:
            root: Of the project.
            folder: Of the run.
        """
        return TrainSpec(
            folder=folder,
            root=root,
            base=self.base,
            base_digests=self.base_digests,
            dataset=self.dataset,
            dataset_name=relative(root, self.dataset),
            dataset_digests=self.parts,
            settings=settings,
            system_prompt=system_prompt,
            blas=blas_name(),
        )
