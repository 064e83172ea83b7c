"""Judge a run on the videos that its training never saw."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from flows.frame import Result, conclude, holding, place_of, tell
from flows.judging import judge_for
from flows.progress import Seen, watched
from tasks.evaluate import Progress, evaluate
from tasks.policy import unwrap
from tasks.project import NOTHING, ConfigFile, open_project
from understudy.artifacts import read_record
from understudy.proof.job import RESULTS, dataset_of
from understudy.proof.records import Results
from understudy.proof.report import markdown_summary, measure_rows
from understudy.settings import Overrides
from understudy.training.runs import choose_run


@flow(name="evaluate", flow_run_name="evaluate · {config}", persist_result=False)
async def evaluate_flow(
    config: ConfigFile = "config/jason_fung.yaml",
    overrides: Overrides = NOTHING,
    run: str | None = None,
) -> Result:
    """Judge a run on the videos that its training never saw.

    Args:
        config: The channel's settings, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.
        run: The run's id or folder; without one, the newest that is complete.

    Raises:
        EvaluationError: There is no such run, or it cannot be evaluated.
        UnderstudyError: A judge is to be asked and cannot be, or cannot go on.
    """
    project = open_project(config, overrides)
    judge = judge_for(project)
    with holding(project.workspace):
        folder = choose_run(project.workspace, run)
        async with shown_progress() as progress:
            outcome = unwrap(
                await evaluate(
                    project.workspace,
                    folder,
                    dataset_of(folder, project.workspace),
                    settings=project.settings.evaluate,
                    channel=project.settings.channel,
                    config=project.config,
                    judge=judge,
                    progress=progress,
                )
            )
        tell(outcome.account)
        await show(outcome.files[RESULTS].path)
        places = {"evaluate": place_of(project.workspace, outcome.files)}
        await conclude("evaluate", (outcome.account,), places)
    files = {name: artifact.path for name, artifact in outcome.files.items()}
    return Result(accounts=(outcome.account,), files=files, places=places)


@asynccontextmanager
async def shown_progress() -> AsyncGenerator[Progress]:
    """Show how many scores and answers are on disk, without waiting for the server."""
    seen: Seen | None = None

    def progress(done: int, total: int) -> None:
        nonlocal seen
        seen = Seen(done, total, f"{done} of {total} scores and answers")

    async with watched("evaluation", lambda: seen):
        yield progress


async def show(path: Path) -> None:
    """Put the verdict and the measures into the UI."""
    results = read_record(path, Results)
    await acreate_markdown_artifact(
        markdown=markdown_summary(results), key="verdict", description=results.verdict
    )
    await acreate_table_artifact(
        table=measure_rows(results), key="measures", description="Base against tuned, unseen videos"
    )
