"""Stage 10: train an adapter on the dataset's training rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.accounting import Account, account
from understudy.child import Event, run_child
from understudy.errors import TrainingError
from understudy.manifests import Recipe
from understudy.models import check_base, find_base
from understudy.settings import TrainSettings
from understudy.training.materials import Materials
from understudy.training.runs import (
    CHECKPOINT,
    check_dataset,
    find_run,
    finished_run,
    new_run,
    publish_run,
    run_recipe,
)
from understudy.training.spec import TrainSpec
from understudy.workspace import Workspace

CHILD = "understudy.training.run"
Watch = Callable[[Event], None]


def unheard(event: Event) -> None:
    """Events that nobody watches."""


@task(name="train", task_run_name="train · dataset {dataset.name}", **STAGE)
async def train(
    workspace: Workspace,
    dataset: Path,
    *,
    settings: TrainSettings,
    system_prompt: str | None,
    watch: Watch = unheard,
) -> Outcome | State[Outcome]:
    """Train one adapter in a process of its own and publish the run's folder.

    A run that was cut short goes on from its checkpoint, in its folder.

    Args:
        dataset: Folder of a published dataset.
        system_prompt: Put first in rows that bring none.
        watch: Takes the events of the training as they come.

    Raises:
        BaseModelError: The base cannot be used.
        TrainingError: The training failed or was interrupted; says what was kept.
    """
    spec, made_by = await asyncio.to_thread(
        _prepare, workspace, dataset, settings=settings, system_prompt=system_prompt
    )
    ready = finished_run(spec.folder, made_by)
    if ready is not None and ready.account is not None:
        return from_manifest(spec.folder, ready.account, ready.resolved(spec.folder))

    ending = await _run(spec, watch)
    counts = _account(ending)
    files = publish_run(spec.folder, made_by, counts)
    (spec.folder / CHECKPOINT).unlink(missing_ok=True)
    get_run_logger().info(
        "%s: %s updates, validation loss %s -> %s (kept: update %s)",
        spec.folder.name,
        ending["updates"],
        _figure(ending["start_val_loss"]),
        _figure(ending["best_val_loss"]),
        ending["best_update"],
    )
    return Outcome(account=counts, files=files, folder=spec.folder)


def _prepare(
    workspace: Workspace, dataset: Path, *, settings: TrainSettings, system_prompt: str | None
) -> tuple[TrainSpec, Recipe]:
    """Check what can be checked without a model, and find or make the run's folder."""
    base = find_base(settings.base, workspace.root)
    check_base(base)
    check_dataset(dataset)
    materials = Materials.of(base, dataset)
    made_by = run_recipe(
        settings,
        dataset=materials.parts,
        base=materials.base_digests,
        system_prompt=system_prompt,
    )
    folder = find_run(workspace.models, made_by) or new_run(workspace.models, made_by)
    spec = materials.spec(workspace.root, folder, settings=settings, system_prompt=system_prompt)
    return spec, made_by


async def _run(spec: TrainSpec, watch: Watch) -> dict[str, Any]:
    """Train in a child and return how it ended.

    Raises:
        TrainingError: It failed, or it was interrupted before its end.
    """
    ending: dict[str, Any] = {}

    def on_event(event: Event) -> None:
        if event["event"] == "plan":
            ending.update(planned=event["updates"], notes=event["notes"])
        elif event["event"] == "waiting":
            get_run_logger().info("%s %s", spec.folder.name, event["message"])
        elif event["event"] == "done":
            ending.update(event)
        watch(event)

    await run_child(CHILD, spec.model_dump(mode="json"), folder=spec.folder, on_event=on_event)
    if ending.get("ending") not in {"finished", "patience"}:
        raise TrainingError(
            f"the training was interrupted after update {ending.get('updates', 0)} of "
            f"{ending.get('planned', '?')}. The adapter so far is in {spec.folder.name}/last; the "
            "same command goes on from there"
        )
    return ending


def _account(ending: dict[str, Any]) -> Account:
    done, planned = ending["updates"], ending["planned"]
    counts = account(
        "train", "update", produced=done, dropped=["no_improvement"] * (planned - done)
    )
    return counts.model_copy(update={"notes": tuple(ending["notes"])})


def _figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
