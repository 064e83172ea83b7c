"""The whole line: collect, build the dataset, train, evaluate."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.build_dataset import build_dataset
from flows.collect import collect
from flows.evaluate import evaluate_flow
from flows.frame import Result, conclude, holding, say
from flows.judging import judge_for
from flows.train import train_flow
from tasks.project import NOTHING, ConfigFile, open_project
from tasks.watch import settle_awaited
from understudy.artifacts import read_json
from understudy.models import check_base, find_base
from understudy.proof.job import RESULTS
from understudy.proof.report import headline
from understudy.runs.since import rows_since_training
from understudy.settings import Overrides


@flow(name="pipeline", flow_run_name="pipeline · {config}", persist_result=False)
async def pipeline(
    config: ConfigFile = "config/jason_fung.yaml",
    overrides: Overrides = NOTHING,
    videos: list[str] | None = None,
    new_rows: int = 0,
) -> State[Result]:
    """From a channel, a folder of transcripts or imported pairs to a verdict.

    Every stage that is finished and whose inputs and settings are unchanged is
    reused; a new video costs its own work only.

    Args:
        config: The channel's YAML, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.
        videos: Ids of the videos to work on, with those that have their answers. Without, all.
        new_rows: Train again only if at least so many training rows are new since the last
            training.

    Raises:
        UnderstudyError: What a stage could not do, and what to do about it.
    """
    project = open_project(config, overrides)
    # Hours and money are spent before base and judge are needed: what cannot be used is said now.
    check_base(find_base(project.settings.train.base, project.workspace.root))
    judge_for(project)
    with holding(project.workspace):
        parts = [
            await collect(config, overrides, videos),
            await build_dataset(config, overrides, videos),
        ]
        folder = parts[-1].files["rows.parquet"].parent
        found = rows_since_training(project.workspace, folder) if new_rows else None
        trains = found is None or found >= new_rows
        if trains:
            run = await train_flow(config, overrides, dataset=str(folder))
            parts.append(run)
            adapter = run.files["adapters.safetensors"]
            parts.append(await evaluate_flow(config, overrides, run=str(adapter.parent)))
        accounts = tuple(one for part in parts for one in part.accounts)
        places = {stage: place for part in parts for stage, place in part.places.items()}
        await conclude("pipeline", accounts, places)
        settle_awaited(project.workspace)
    files = {name: path for part in parts for name, path in part.files.items()}
    result = Result(accounts=accounts, files=files, places=places)
    if trains:
        return Completed(message=headline(read_json(files[RESULTS])), data=result)
    reason = f"not trained again: {found} new training rows of {new_rows} that it takes"
    say(reason)
    return Completed(message=reason, data=result)
