"""Train an adapter on the channel's dataset."""

from __future__ import annotations

import base64
from collections.abc import Callable

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.frame import Result, conclude, holding, place_of, say, tell
from flows.training_progress import watching
from tasks.policy import unwrap
from tasks.project import NOTHING, ConfigFile, Project, open_project
from tasks.train import train
from understudy.artifacts import read_json
from understudy.child import Event
from understudy.settings import Overrides
from understudy.training.runs import choose_dataset
from understudy.training.telling import ended, laid_out, planned, resumed


@flow(name="train", flow_run_name="train · {config}", persist_result=False)
async def train_flow(
    config: ConfigFile = "config/jason_fung.yaml",
    overrides: Overrides = NOTHING,
    dataset: str | None = None,
) -> Result:
    """Train an adapter on the channel's dataset.

    Args:
        config: The channel's settings, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.
        dataset: The dataset's id or folder; without one, the newest that is complete.

    Raises:
        TrainingError: The training cannot begin, failed or was interrupted.
        DataError: There is no such dataset.
    """
    project = open_project(config, overrides)
    with holding(project.workspace):
        folder = choose_dataset(project.workspace, dataset)
        async with watching() as watch:
            outcome = unwrap(
                await train(
                    project.workspace,
                    folder,
                    settings=project.settings.train,
                    system_prompt=project.settings.dataset.system_prompt,
                    watch=_announcing(watch),
                )
            )
        tell(outcome.account)
        about = outcome.files["run_metadata.json"].path
        where = project.workspace.relative(about.parent)
        say(f"{'':<12} {ended(read_json(about)['result'], str(where))}")
        curve = outcome.files["loss_curve.png"].path
        await show_curve(project, curve.parent.name, curve.read_bytes())
        places = {"train": place_of(project.workspace, outcome.files)}
        await conclude("train", (outcome.account,), places)
    files = {name: artifact.path for name, artifact in outcome.files.items()}
    return Result(accounts=(outcome.account,), files=files, places=places)


def _announcing(watch: Callable[[Event], None]) -> Callable[[Event], None]:
    def announce(event: Event) -> None:
        if event["event"] == "plan":
            say(f"{'train':<12} {planned(event)}")
            say(f"{'':<12} {laid_out(event)}")
        elif event["event"] == "resumed":
            say(f"{'':<12} {resumed(event)}")
        watch(event)

    return announce


async def show_curve(project: Project, run: str, curve: bytes) -> None:
    """Put a run's loss curve, a PNG, into the UI."""
    image = base64.b64encode(curve).decode()
    await acreate_markdown_artifact(
        f"![loss over the updates](data:image/png;base64,{image})",
        key=f"loss-curve-{project.workspace.channel.replace('_', '-')}",
        description=f"Loss curve of {run}",
    )
