"""Train a run again from its own metadata, in a folder of its own, and compare."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from understudy.artifacts import file_digest, first_problem, read_json, write_json
from understudy.blas import blas_name
from understudy.child import Event, run_child
from understudy.errors import DataError
from understudy.manifests import MANIFEST, read_manifest
from understudy.models import find_base
from understudy.runs.inputs import Difference, differences
from understudy.runs.outcome import REPRODUCTION, Reproduced, judge
from understudy.settings import Settings, TrainSettings
from understudy.training import metadata
from understudy.training.materials import Materials
from understudy.training.spec import TrainSpec
from understudy.workspace import inside

CHILD = "understudy.training.run"
_ADAPTER = "adapters.safetensors"


@dataclass(frozen=True)
class Repetition:
    """A run, ready to be trained again."""

    run: Path
    spec: TrainSpec
    differences: tuple[Difference, ...]


def prepare(root: Path, run: Path, settings: Settings | None = None) -> Repetition:
    """Look at every input of a run as it is now.

    Args:
        settings: Of a config that is to be the run's; None takes what the run recorded.

    Raises:
        DataError: The run is not whole, its dataset is gone, or this version cannot train it.
        BaseModelError: Its base is not there.
    """
    if not (run / MANIFEST).is_file():
        raise DataError(
            f"the run {run.name} is not trained to its end: there is nothing to compare"
        )
    then = read_json(run / "run_metadata.json")
    dataset = inside(root, str(then["dataset"]["path"]))
    if dataset is None or not dataset.is_dir():
        raise DataError(
            f"the dataset of {run.name}, {then['dataset']['path']}, is not on disk: build it again "
            "with `understudy build-dataset`"
        )
    base = find_base(str(then["base"]["name"]), root)
    materials = Materials.of(base, dataset)
    now = {
        "dataset": {"sha256": materials.parts},
        "base": {"sha256": materials.base_digests.model_dump()},
        "hyperparameters": _hyperparameters(run, settings),
        "environment": metadata.programs(blas_name()),
        "lock": metadata.lock_digest(root),
        "git": metadata.git_state(root),
    }
    train, system_prompt = _trainable(run, then["hyperparameters"])
    spec = materials.spec(root, run, settings=train, system_prompt=system_prompt)
    again = spec.model_copy(update={"begun": metadata.begun_with(then)})
    return Repetition(run, again, tuple(differences(then, now)))


def _hyperparameters(run: Path, settings: Settings | None) -> Mapping[str, Any]:
    """The config's, or what the run's manifest has: its id is the digest of that."""
    if settings is not None:
        train = settings.train.model_dump(mode="json")
        return {**train, "system_prompt": settings.dataset.system_prompt}
    manifest = read_manifest(run)
    if manifest is None or not run.name.endswith(manifest.recipe.digest[:12]):
        raise DataError(f"{run.name}/{MANIFEST} is not the one this run was published with")
    recorded = manifest.recipe.settings
    return {**recorded["train"], "system_prompt": recorded["dataset"]["system_prompt"]}


def _trainable(run: Path, recorded: Mapping[str, Any]) -> tuple[TrainSettings, str | None]:
    own = {key: value for key, value in recorded.items() if key != "system_prompt"}
    try:
        return TrainSettings.model_validate(own), recorded.get("system_prompt")
    except ValidationError as error:
        raise DataError(
            f"{run.name} was trained by another version of understudy, whose settings this one does "
            f"not have ({first_problem(error)}): check out the commit in its run_metadata.json"
        ) from error


def repeat(repetition: Repetition, watch: Callable[[Event], None]) -> Reproduced:
    """Train again and compare; the comparison is written into the run's folder.

    Args:
        watch: Takes the events of the training as they come.

    Raises:
        TrainingError: The training failed.
    """
    run = repetition.run
    with tempfile.TemporaryDirectory(prefix=".part-", dir=run) as scratch:
        spec = repetition.spec.model_copy(update={"folder": Path(scratch)})
        asyncio.run(
            run_child(CHILD, spec.model_dump(mode="json"), folder=spec.folder, on_event=watch)
        )
        again = Path(scratch)
        found = judge(
            read_json(run / "training_metrics.json"),
            read_json(again / "training_metrics.json"),
            same_adapter=file_digest(run / _ADAPTER) == file_digest(again / _ADAPTER),
            differences=tuple(map(str, repetition.differences)),
            timestamp=metadata.now(),
        )
    write_json(run / REPRODUCTION, found)
    return found
