"""A paid teacher's side job at work: quoted, opened, metered, billed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from prefect.logging import get_run_logger

from flows.frame import say
from flows.teacher_meter import metering
from tasks.project import Project
from understudy.teacher.money.quote import Quote
from understudy.teacher.money.showing import dollars
from understudy.teacher.side_jobs import SideJob, T, W

R = TypeVar("R")


async def paid(
    job: SideJob[T, W],
    project: Project,
    items: Sequence[T],
    work: Callable[[W, Sequence[T]], Awaitable[R]],
    bill: Path,
) -> R:
    """Have the worker do its work on all items under a meter, its price said before.

    Raises:
        UnderstudyError: See `SideJob.open` and `work`. What was paid is in the ledger and on the bill.
    """
    settings, workspace, logger = project.settings, project.workspace, get_run_logger()
    offer = job.quote(settings, workspace, items)
    if offer.calls:
        say(f"{job.name}: {offer.calls} calls of {offer.model}, {_price(offer)}")
    async with job.open(settings, workspace, again=logger.info) as (worker, engine):
        try:
            async with metering(offer, engine, name=job.name, bill=bill):
                return await work(worker, items)
        finally:
            logger.info("%s: %s", job.name, engine.summary())


def _price(offer: Quote) -> str:
    cost = offer.of_run.cost_usd
    return "which has no price" if cost is None else f"quoted {dollars(cost)}"
