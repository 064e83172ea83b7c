"""The whole line: collect, build the dataset, train, evaluate."""

from __future__ import annotations

from prefect import flow

from flows.build_dataset import build_dataset
from flows.collect import collect
from flows.evaluate import evaluate_flow
from flows.frame import Result, conclude, holding
from flows.train import train_flow
from tasks.project import NOTHING, open_project
from understudy.models import check_base, find_base
from understudy.settings import Overrides


@flow(name="pipeline", flow_run_name="pipeline · {config}", persist_result=False)
async def pipeline(
    config: str = "config/jason_fung.yaml", overrides: Overrides = NOTHING
) -> Result:
    """From a channel, a folder of transcripts or imported pairs to a verdict.

    Every stage that is finished and whose inputs and settings are unchanged is
    reused; a new video costs its own work only.

    Args:
        config: The channel's YAML, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.

    Raises:
        UnderstudyError: What a stage could not do, and what to do about it.
    """
    project = open_project(config, overrides)
    # Hours and money are spent before the base is loaded: a base that cannot be used is said now.
    check_base(find_base(project.settings.train.base, project.workspace.root))
    with holding(project.workspace):
        collected = await collect(config, overrides)
        dataset = await build_dataset(config, overrides)
        run = await train_flow(config, overrides, dataset=str(dataset.files["rows.parquet"].parent))
        proof = await evaluate_flow(
            config, overrides, run=str(run.files["adapters.safetensors"].parent)
        )
        parts = (collected, dataset, run, proof)
        accounts = tuple(one for part in parts for one in part.accounts)
        await conclude("pipeline", accounts)
    files = {name: path for part in parts for name, path in part.files.items()}
    return Result(accounts=accounts, files=files)
