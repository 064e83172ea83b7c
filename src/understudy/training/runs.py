"""Folders of runs: which one a training belongs into, and when it is whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from understudy.accounting import Account
from understudy.artifacts import Artifact, file_digest
from understudy.chat import check_parts
from understudy.errors import DataError, EmptyStageError, EvaluationError
from understudy.manifests import MANIFEST, Manifest, Recipe, fresh, publish, read_manifest, recipe
from understudy.models import BaseDigests
from understudy.settings import DatasetSettings, TrainSettings
from understudy.workspace import Workspace, child

VERSION = "1"
CHECKPOINT = "checkpoint.safetensors"
"""What a cut run goes on from; gone when the run is whole."""

_STAMP = "%Y%m%dT%H%M%SZ"
RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}")
FILES = (
    "adapters.safetensors",
    "adapter_config.json",
    "last/adapters.safetensors",
    "last/adapter_config.json",
    "training_metrics.jsonl",
    "training_metrics.json",
    "loss_curve.png",
    "run_metadata.json",
)
"""What a whole run holds."""


def check_dataset(dataset: Path) -> None:
    """Check that a dataset was published whole, and that its parts are still what was published.

    Raises:
        DataError: The dataset is not complete, or a part was damaged or edited.
    """
    if read_manifest(dataset) is None:
        raise DataError(
            f"the dataset {dataset.name} is not complete: it has no {MANIFEST}. Build it again "
            "with `understudy build-dataset`"
        )
    check_parts(dataset)


def choose_dataset(workspace: Workspace, named: str | None) -> Path:
    """Find a dataset by id or folder; without one, the newest that is complete.

    Raises:
        DataError: It is not one of this channel's.
        EmptyStageError: The channel has none.
    """
    if named is None:
        return newest_dataset(workspace.datasets)
    if (folder := child(workspace.datasets, named)) is None:
        raise DataError(
            f"the channel {workspace.channel} has no dataset {named!r}: see the folders in "
            f"{workspace.relative(workspace.datasets)}"
        )
    return folder


def newest_dataset(datasets: Path) -> Path:
    """The dataset whose manifest was written last.

    Raises:
        EmptyStageError: There is none.
    """
    whole = [path for path in datasets.glob(f"*/{MANIFEST}") if read_manifest(path.parent)]
    if not whole:
        raise EmptyStageError(
            f"the channel {datasets.parent.name} has no dataset yet: run `understudy build-dataset`"
        )
    return max(whole, key=lambda path: (path.stat().st_mtime_ns, path.parent.name)).parent


def choose_run(workspace: Workspace, named: str | None) -> Path:
    """Find a run by id or folder; without one, the newest that is complete.

    Raises:
        EvaluationError: It is not one of this channel's, or the channel has none.
    """
    if named is None:
        return newest_run(workspace)
    folder = child(workspace.models, named)
    if folder is None or not (folder / "run_metadata.json").is_file():
        raise EvaluationError(
            f"the channel {workspace.channel} has no run {named!r}: see the folders in "
            f"{workspace.relative(workspace.models)}"
        )
    return folder


def newest_run(workspace: Workspace) -> Path:
    """The last run whose training came to its end.

    Raises:
        EvaluationError: There is none.
    """
    runs = sorted(path.parent for path in workspace.models.glob("*/manifest.json"))
    complete = [run for run in runs if (run / "adapters.safetensors").exists()]
    if not complete:
        raise EvaluationError(
            f"the channel {workspace.channel} has no finished training: run `understudy train` first"
        )
    return complete[-1]


def run_recipe(
    settings: TrainSettings,
    *,
    dataset: dict[str, str],
    base: BaseDigests,
    system_prompt: str | None,
) -> Recipe:
    """Everything that determines a run's adapter."""
    return recipe(
        "train",
        VERSION,
        inputs={**dataset, **base.inputs},
        settings={"train": settings, "dataset": DatasetSettings(system_prompt=system_prompt)},
    )


def find_run(models: Path, made_by: Recipe) -> Path | None:
    """The newest folder of this very recipe, finished or not."""
    ending = made_by.digest[:12]
    found = [path for path in models.glob(f"*-{ending}") if RUN_ID.fullmatch(path.name)]
    return max(found, key=lambda path: path.name, default=None)


def new_run(models: Path, made_by: Recipe) -> Path:
    """Make a folder whose name sorts by time and tells the recipe."""
    stamp = max(datetime.now(UTC).strftime(_STAMP), _after_the_latest(models))
    folder = models / f"{stamp}-{made_by.digest[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _after_the_latest(models: Path) -> str:
    """A second after the latest run: where the clock was set back, the new run is still the newest."""
    begun = [path.name[:16] for path in models.glob("*") if RUN_ID.fullmatch(path.name)]
    try:
        latest = datetime.strptime(max(begun), _STAMP).replace(tzinfo=UTC)
        return (latest + timedelta(seconds=1)).strftime(_STAMP)
    except (ValueError, OverflowError):  # there is none, or its name is no time
        return ""


def finished_run(folder: Path | None, made_by: Recipe) -> Manifest | None:
    """The manifest of a run that is whole and unchanged."""
    return None if folder is None else fresh(folder, made_by)


def publish_run(folder: Path, made_by: Recipe, account: Account) -> dict[str, Artifact]:
    """Write the manifest over the files that training left.

    Raises:
        DataError: One of them is missing.
    """
    writers: dict[str, Callable[[Path], Artifact]] = {
        name: partial(_described, folder, name) for name in FILES
    }
    return publish(folder, writers, made_by, account)


def _described(folder: Path, name: str, _: Path) -> Artifact:
    path = folder / name
    return Artifact(path=path, sha256=file_digest(path), bytes=path.stat().st_size)
