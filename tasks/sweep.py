"""A sweep's trials: one task each. The process that trains takes its turn on the device."""

from __future__ import annotations

from collections.abc import Callable

from prefect import task
from prefect.logging import get_run_logger

from tasks.policy import STAGE
from understudy.artifacts import write_text
from understudy.child import Event, run_child
from understudy.errors import TrainingError
from understudy.sweep.halving import Loss
from understudy.sweep.job import DIVERGED, Trial, loss_at

CHILD = "understudy.training.rung"


@task(name="trial", task_run_name="trial · {trial.name} · to update {until}", **STAGE)
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
        elif event["event"] == "waiting":
            get_run_logger().info("trial %s %s", trial.name, event["message"])
        watch(event)

    asked = {"train": spec.model_dump(mode="json"), "until": until}
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
