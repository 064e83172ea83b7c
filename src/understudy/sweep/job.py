"""A sweep's inputs, its trials' folders and their losses, read back from disk."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path

from understudy.artifacts import numbered_lines, read_jsonl
from understudy.errors import ConfigError, DataError
from understudy.manifests import Recipe, recipe
from understudy.models import check_base, find_base
from understudy.settings import DatasetSettings, Settings, TrainSettings
from understudy.sweep.halving import Loss, rung_updates
from understudy.sweep.result import Sweep
from understudy.sweep.settings import SweepSettings, train_settings
from understudy.training.batches import count_updates
from understudy.training.materials import Materials
from understudy.training.metrics import LINES, Metrics
from understudy.training.runs import check_dataset
from understudy.training.spec import TrainSpec
from understudy.workspace import Workspace

VERSION = "1"
FOLDER = "sweeps"
DIVERGED = "diverged"
"""Stands in the folder of a trial that cannot go on."""


@dataclass(frozen=True)
class Trial:
    """One combination with one seed."""

    number: int
    seed: int
    spec: TrainSpec

    @property
    def name(self) -> str:
        return f"{self.number:03d}-{self.seed}"


@dataclass(frozen=True)
class Job:
    """One sweep on one dataset."""

    folder: Path
    recipe: Recipe
    sweep: SweepSettings
    trials: tuple[Trial, ...]

    def of(self, number: int) -> list[Trial]:
        """A combination's trials, in the order of the seeds."""
        return [one for one in self.trials if one.number == number]


def open_job(
    workspace: Workspace, dataset: Path, *, settings: Settings, sweep: SweepSettings
) -> Job:
    """Lay out every trial before the first is trained; the same sweep finds its folder again.

    Raises:
        ConfigError: A combination cannot be trained.
        DataError: The dataset has nothing to validate on.
        BaseModelError: The base cannot be used.
    """
    if not (dataset / "valid.jsonl").is_file():
        raise DataError(
            f"the dataset {dataset.name} has no validation rows, and a sweep is judged by them: raise "
            "split.valid and build it again"
        )
    chosen = [
        (number, seed, train_settings(settings.train, sweep, choice, seed))
        for number, choice in enumerate(sweep.choices)
        for seed in sweep.seeds
    ]
    check_dataset(dataset)
    base = find_base(settings.train.base, workspace.root)
    if len({one.base for _, _, one in chosen}) > 1 or chosen[0][2].base != settings.train.base:
        raise ConfigError(
            "a sweep cannot compare bases: losses per token are not of the same tokens"
        )
    check_base(base)
    materials = Materials.of(base, dataset)
    made_by = recipe(
        "sweep",
        VERSION,
        inputs={**materials.parts, **materials.base_digests.inputs},
        settings={
            "sweep": sweep,
            "train": settings.train,
            "dataset": DatasetSettings(system_prompt=settings.dataset.system_prompt),
        },
    )
    folder = workspace.models / FOLDER / made_by.digest[:12]
    common = materials.spec(
        workspace.root,
        folder,
        settings=settings.train,
        system_prompt=settings.dataset.system_prompt,
    )
    trials = [_trial(common, number, seed, one) for number, seed, one in chosen]
    return Job(folder, made_by, sweep, tuple(trials))


def _trial(common: TrainSpec, number: int, seed: int, settings: TrainSettings) -> Trial:
    folder = common.folder / "trials" / f"{number:03d}-{seed}"
    return Trial(number, seed, common.model_copy(update={"folder": folder, "settings": settings}))


def begin(job: Job) -> Sweep:
    """The sweep before its first rung."""
    return Sweep(
        choices=job.sweep.choices,
        seeds=job.sweep.seeds,
        shares=job.sweep.rungs,
        rungs=[
            rung_updates(
                job.sweep.rungs,
                updates=planned_updates(job.of(number)[0].spec),
                every=job.of(number)[0].spec.settings.eval_every,
            )
            for number in range(len(job.sweep.choices))
        ],
        keep=job.sweep.keep,
    )


def planned_updates(spec: TrainSpec) -> int:
    """Updates of a whole training, as its own plan counts them."""
    rows = sum(1 for _ in numbered_lines(spec.dataset / "train.jsonl"))
    settings = spec.settings
    window = settings.batch_size * settings.gradient_accumulation_steps
    return count_updates(rows + sum(settings.canaries), epochs=settings.epochs, window=window)


def loss_at(trial: Trial, until: int) -> Loss | None:
    """A trial's lowest validation loss up to an update, None where it was not trained so far."""
    folder = trial.spec.folder
    if (folder / DIVERGED).exists():
        return Loss(inf, None)
    path = folder / LINES
    lines = read_jsonl(path, Metrics) if path.exists() else []
    if not lines or lines[-1].iteration < until:
        return None
    seen = [
        (one.val_loss, one.val_loss_se)
        for one in lines
        if one.val_loss is not None and 0 < one.iteration <= until
    ]
    return Loss(*min(seen, key=lambda one: one[0])) if seen else None
