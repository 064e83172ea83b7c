"""A paid teacher's side job at work: quoted, opened, metered, billed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from prefect.logging import get_run_logger

from flows.frame import say
from flows.teacher_meter import metering
from tasks.project import Project
from understudy.teacher.money.quote import Quote
from understudy.teacher.money.showing import dollars
from understudy.teacher.side_jobs import SideJob, T, W

R = TypeVar("R")


@dataclass(frozen=True)
class Hired(Generic[T, W]):
    """Whoever does a side job for a project. Nothing is opened before there is something to do."""

    job: SideJob[T, W]
    project: Project
    bill: Path

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """See `SideJob.fingerprint`."""
        return self.job.fingerprint(self.project.settings, self.project.workspace)

    async def paid(self, items: Sequence[T], work: Callable[[W, Sequence[T]], Awaitable[R]]) -> R:
        """Have the worker do its work on all items under a meter, its price said before.

        Raises:
            UnderstudyError: See `SideJob.open` and `work`. What was paid is in the ledger and on
                the bill.
        """
        job, settings, workspace = self.job, self.project.settings, self.project.workspace
        logger = get_run_logger()
        offer = job.quote(settings, workspace, items)
        if offer.calls:
            say(f"{job.name}: {offer.calls} calls of {offer.model}, {_price(offer)}")
        async with job.open(settings, workspace, again=logger.info) as (worker, engine):
            try:
                async with metering(offer, engine, name=job.name, bill=self.bill):
                    return await work(worker, items)
            finally:
                logger.info("%s: %s", job.name, engine.summary())


def _price(offer: Quote) -> str:
    cost = offer.of_run.cost_usd
    return "which has no price" if cost is None else f"quoted {dollars(cost)}"
