"""Try a training's settings against each other, most of them not to the end."""

from __future__ import annotations

import base64
from pathlib import Path

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.frame import Result, holding, say
from flows.training_progress import watching
from tasks.project import NOTHING, ConfigFile, SweepFile, open_project
from tasks.sweep import train_trial
from understudy.artifacts import write_bytes, write_json
from understudy.manifests import publish
from understudy.settings import Overrides
from understudy.sweep.halving import Loss
from understudy.sweep.job import Job, begin, open_job
from understudy.sweep.result import PLOT, RESULT, Sweep, SweepResult
from understudy.sweep.settings import load_sweep
from understudy.sweep.showing import recommendation, sweep_plot
from understudy.training.runs import choose_dataset


@flow(name="sweep", flow_run_name="sweep · {config} · {sweep}", persist_result=False)
async def sweep_flow(
    config: ConfigFile = "config/jason_fung.yaml",
    sweep: SweepFile = "config/sweeps/learning_rate.yaml",
    overrides: Overrides = NOTHING,
    dataset: str | None = None,
) -> Result:
    """Train under several settings, drop the worse early, and recommend one or name a tie.

    Args:
        config: The channel's settings, relative to the project.
        sweep: What to try, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.
        dataset: The dataset's id or folder; without one, the newest that is complete.

    Raises:
        ConfigError: The sweep cannot be used.
        TrainingError: A trial could not begin or was interrupted.
    """
    project = open_project(config, overrides)
    wanted = load_sweep(project.workspace.root / sweep)
    with holding(project.workspace):
        folder = choose_dataset(project.workspace, dataset)
        job = open_job(project.workspace, folder, settings=project.settings, sweep=wanted)
        state = begin(job)
        while (place := state.place) is not None:
            await _rung(job, state, place)
        found = state.result()
        files = await _publish(job, found)
    return Result(accounts=(), files=files)


async def _rung(job: Job, state: Sweep, place: int) -> None:
    """Train all that are alive to a rung, and drop the worse."""
    share = state.shares[place]
    say(f"{len(state.alive)} combinations x {len(state.seeds)} seeds to {share:.0%} of the updates")
    losses: dict[int, list[Loss]] = {number: [] for number in state.alive}
    async with watching() as watch:
        for trial in [one for number in state.alive for one in job.of(number)]:
            until = state.until(trial.number)
            losses[trial.number].append(await train_trial(trial, until=until, watch=watch))
    state.take(losses)


async def _publish(job: Job, found: SweepResult) -> dict[str, Path]:
    plot = sweep_plot(found)
    files = publish(
        job.folder,
        {
            RESULT: lambda path: write_json(path, found),
            PLOT: lambda path: write_bytes(path, plot),
        },
        job.recipe,
    )
    image = base64.b64encode(plot).decode()
    lines = "\n".join(f"- {line}" for line in recommendation(found))
    await acreate_markdown_artifact(
        f"{lines}\n\n![validation loss](data:image/png;base64,{image})",
        key=f"sweep-{job.folder.name}",
        description="What the sweep recommends",
    )
    return {name: artifact.path for name, artifact in files.items()}
