"""The embedded sample as benchmarks use it: its dataset by the real command, runs in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from frame import ROOT

from tests.support.project import make_project
from understudy.artifacts import write_jsonl
from understudy.manifests import publish, recipe
from understudy.models import base_digests
from understudy.proof.job import Job, open_job, results_of
from understudy.proof.records import Results
from understudy.settings import Settings, load_settings
from understudy.workspace import Workspace

CONFIG = "config/demo.yaml"
PARTS = ("train", "valid", "test")
RowDict = dict[str, Any]


def make_sample(root: Path) -> Path:
    """Make the demo's dataset in a project of its own, unless it is there.

    Returns:
        The dataset's folder.
    """
    if not (root / CONFIG).exists():
        project = make_project(root, talks=None)
        for command in ("collect", "build-dataset"):
            ran = project.run(command, "--config", CONFIG, limit_s=1800)
            assert ran.status == 0, ran.said
    (dataset,) = (root / "data" / "demo" / "dataset").iterdir()
    return dataset


def read_parts(dataset: Path) -> dict[str, list[RowDict]]:
    """Rows of train, valid and test."""
    return {
        part: [json.loads(line) for line in (dataset / f"{part}.jsonl").read_text().splitlines()]
        for part in PARTS
    }


def write_parts(folder: Path, parts: Mapping[str, Iterable[RowDict]]) -> Path:
    """Publish rows as a dataset folder."""
    files = {
        f"{part}.jsonl": (lambda path, rows=list(rows): write_jsonl(path, rows))
        for part, rows in parts.items()
    }
    publish(folder, files, recipe("dataset", "1"))
    return folder


@dataclass(frozen=True)
class Channel:
    """A project folder in which runs are trained and judged without flows."""

    root: Path
    settings: Settings = field(default_factory=lambda: load_settings(ROOT / CONFIG))

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root, "demo")

    @property
    def base(self) -> Path:
        return self.root / self.settings.train.base

    def train(self, dataset: Path, name: str, **changes: Any) -> Path:
        """Train one run of the demo's settings with these changes; returns its folder."""
        from understudy.training.run import train
        from understudy.training.spec import TrainSpec

        folder = self.workspace.models / name
        folder.mkdir(parents=True, exist_ok=True)
        spec = TrainSpec(
            folder=folder,
            root=self.root,
            base=self.base,
            base_digests=base_digests(self.base),
            dataset=dataset,
            dataset_name=str(dataset),
            dataset_digests={},
            settings=self.settings.train.model_copy(update=changes),
            system_prompt=None,
            blas="",
        )
        train(spec, lambda _: None, lambda: False)
        return folder

    def job(self, run: Path, dataset: Path, **changes: Any) -> Job:
        """One evaluation under the demo's settings with these changes."""
        settings = self.settings.evaluate.model_copy(update=changes)
        return open_job(
            self.workspace, run, dataset, settings=settings, channel=self.settings.channel
        )

    def judge(
        self, run: Path, dataset: Path, tell: Callable[[Any], None] = lambda _: None, **changes: Any
    ) -> Results:
        """Score, answer and conclude."""
        from understudy.proof.evaluate_child import evaluate

        job = self.job(run, dataset, **changes)
        evaluate(job.spec, tell)
        return results_of(job)
