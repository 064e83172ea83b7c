"""A sweep's trials: one task each, one at a time on a device."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from prefect import task
from prefect.logging import get_run_logger

from tasks.policy import STAGE
from understudy.artifacts import write_text
from understudy.child import Event, run_child
from understudy.errors import BusyError, TrainingError
from understudy.locking import exclusive
from understudy.sweep.halving import Loss
from understudy.sweep.job import DIVERGED, Trial, loss_at

CHILD = "understudy.training.rung"
_AGAIN_S = 2.0


@asynccontextmanager
async def device(root: Path) -> AsyncGenerator[None]:
    """Hold this machine's device, waiting while another sweep's trial has it.

    A lock of the operating system and not a Prefect limit: a killed run gives it back at once,
    where Prefect's slot stays taken for its lease of five minutes.
    """
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(exclusive(root / "models" / ".device.lock", what="the device"))
                break
            except BusyError:
                await asyncio.sleep(_AGAIN_S)
        yield


@task(name="trial", task_run_name="trial {trial.name} to update {until}", **STAGE)
async def train_trial(trial: Trial, *, until: int, watch: Callable[[Event], None]) -> Loss:
    """Train one trial up to an update, going on from where it was left.

    Args:
        until: Update of the rung.
        watch: Takes the events of the training as they come.

    Raises:
        TrainingError: It could not begin, or was interrupted.
    """
    if (known := loss_at(trial, until)) is not None:
        return known
    spec = trial.spec
    spec.folder.mkdir(parents=True, exist_ok=True)
    said: dict[str, str] = {}

    def on_event(event: Event) -> None:
        if event["event"] == "diverged":
            said["message"] = event["message"]
        watch(event)

    asked = {"train": spec.model_dump(mode="json"), "until": until}
    async with device(spec.root):
        await run_child(CHILD, asked, folder=spec.folder, on_event=on_event)
    if said:
        get_run_logger().warning("trial %s: %s", trial.name, said["message"])
        write_text(spec.folder / DIVERGED, said["message"] + "\n")
    if (found := loss_at(trial, until)) is None:
        raise TrainingError(
            f"trial {trial.name} was interrupted before update {until}: the same command goes on "
            "from there"
        )
    return found
