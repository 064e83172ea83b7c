"""Stage 11: what base and tuned model do with the held-out questions, and what that says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, cached
from understudy.accounting import Account, account
from understudy.artifacts import write_json, write_jsonl, write_text
from understudy.child import Event, run_child
from understudy.errors import EvaluationError, TrainingError
from understudy.manifests import fresh, publish
from understudy.preference import Judge
from understudy.proof.context import context_of
from understudy.proof.evaluate_child import SCORES
from understudy.proof.job import (
    MANIFEST,
    REPORT,
    RESULTS,
    Job,
    open_job,
    pairs_to_judge,
    results_of,
)
from understudy.proof.journal import read_lines
from understudy.proof.records import ScoreLine
from understudy.proof.report import render
from understudy.settings import ChannelSettings, EvaluateSettings
from understudy.workspace import Workspace

Progress = Callable[[int, int], None]
JUDGEMENTS = "judgements.jsonl"
CHILD = "understudy.proof.evaluate_child"


def unheard(done: int, total: int) -> None:
    """Progress that nobody watches."""


@task(name="evaluate", task_run_name="evaluate · {run.name}", **STAGE)
async def evaluate(
    workspace: Workspace,
    run: Path,
    dataset: Path,
    *,
    settings: EvaluateSettings,
    channel: ChannelSettings,
    config: str,
    judge: Judge | None = None,
    progress: Progress = unheard,
) -> Outcome | State[Outcome]:
    """Score and answer the held-out questions, judge, and publish results and report.

    What an interrupted evaluation finished is on disk and not made again.

    Args:
        config: Path of the channel's settings, as the report's commands name it.
        judge: Compares answers of base and tuned model; a paid one finds in the ledger what it
            compared before.
        progress: Called with the results so far and how many there will be.

    Raises:
        EvaluationError: The run or the dataset cannot be evaluated.
        TeacherError: The judge cannot go on. Run again: what it compared is kept.
    """
    job = await asyncio.to_thread(
        open_job,
        workspace,
        run,
        dataset,
        settings=settings,
        channel=channel,
        judge=judge.fingerprint if judge else {},
    )
    ready = fresh(run, job.recipe, name=MANIFEST)
    if ready is not None and ready.account is not None:
        whole = ready.account.model_copy(update={"reused": ready.account.produced})
        outcome = Outcome(account=whole, files=ready.resolved(run), folder=run)
        return cached(outcome, run / MANIFEST)

    begun = len({line.id for line in read_lines(run / SCORES, ScoreLine)})
    await _complete(job, progress)
    judgements = await judge.judge(await asyncio.to_thread(pairs_to_judge, job)) if judge else ()
    results = await asyncio.to_thread(results_of, job, judgements)
    page = render(results, context_of(job, config=config))
    counts = account("evaluate", "question", produced=len(results.questions))
    files = publish(
        run,
        {
            RESULTS: lambda path: write_json(path, results),
            REPORT: lambda path: write_text(path, page),
            **({JUDGEMENTS: lambda path: write_jsonl(path, judgements)} if judge else {}),
        },
        job.recipe,
        counts,
        name=MANIFEST,
    )
    get_run_logger().info(
        "%s on %d held-out questions (%d were begun before): %s",
        run.name,
        len(results.questions),
        begun,
        results.verdict,
    )
    return Outcome(account=_reused(counts, begun), files=files, folder=run)


async def _complete(job: Job, progress: Progress) -> None:
    """Run the models in a process of their own until every line is on disk.

    Raises:
        EvaluationError: That process failed; what it finished is kept.
    """

    def on_event(event: Event) -> None:
        if event.get("event") == "progress":
            progress(int(event["done"]), int(event["total"]))

    try:
        await run_child(CHILD, job.spec.model_dump(mode="json"), folder=job.run, on_event=on_event)
    except TrainingError as error:
        raise EvaluationError(
            f"the evaluation of {job.run.name} stopped: {error}. What was scored and answered is "
            "kept, the same command goes on from there; if memory ran out, lower "
            "evaluate.batch_size"
        ) from error


def _reused(counts: Account, begun: int) -> Account:
    return counts.model_copy(update={"reused": min(begun, counts.produced)})
