"""A paid teacher at work: a meter while it runs, and its bill beside the quote at the end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from prefect.artifacts import acreate_table_artifact
from prefect.logging import get_run_logger

from flows.frame import TELL
from flows.progress import Seen, watched
from tasks.project import Project
from understudy.artifacts import write_json
from understudy.teacher.calling.engine import Engine
from understudy.teacher.money.bill import (
    Bill,
    bill_line,
    bill_of,
    bill_rows,
    progress_line,
    warnings_of,
)
from understudy.teacher.money.quote import Quote
from understudy.teacher.openai_teacher import OpenAITeacher
from understudy.teacher.opening import pending_for, quote_for
from understudy.teacher.protocol import Teacher


@asynccontextmanager
async def metered(
    project: Project, teacher: Teacher, videos: Collection[str] | None = None
) -> AsyncGenerator[None]:
    """Quote what is left to ask, meter it while the block runs, and draw up the bill.

    The bill comes also where the block fails: a run that stopped at its budget has one. The
    offline teacher has none, and neither has a run that asks nothing.

    Args:
        videos: Ids of those that are asked about; without, all.

    Raises:
        DataError: A transcript or the ledger cannot be read.
    """
    if not isinstance(teacher, OpenAITeacher):
        yield
        return
    settings, workspace = project.settings, project.workspace
    left = pending_for(settings, workspace, videos)
    offer = quote_for(settings, workspace, left.unasked, left.asked)
    async with metering(offer, teacher.engine, name="teacher", bill=workspace.bill):
        yield


@asynccontextmanager
async def metering(offer: Quote, engine: Engine, *, name: str, bill: Path) -> AsyncGenerator[None]:
    """Meter an engine's calls while the block runs, then write and show the bill.

    Args:
        offer: What the calls were quoted at; of none, nothing is metered.
        name: Of the progress bar and, with `-bill`, of the artifact.
        bill: The file.
    """
    if not offer.calls:
        yield
        return

    def look() -> Seen:
        so_far = bill_of(offer, engine.counts, engine.meter)
        said = filter(None, (progress_line(so_far), engine.at_provider))
        return Seen(so_far.calls + so_far.reused, offer.calls, "; ".join(said))

    try:
        async with watched(name, look):
            yield
    finally:
        final = bill_of(offer, engine.counts, engine.meter)
        write_json(bill, final)
        await _show(final, f"{name}-bill")


async def _show(bill: Bill, key: str) -> None:
    """Say it in the log, the terminal and the UI, and warn of calls that were refused and caching that failed."""
    line, logger = bill_line(bill), get_run_logger()
    logger.info(line)
    say = TELL.get()
    if say is not None:
        say(line)
    for warning in warnings_of(bill):
        logger.warning(warning)
        if say is not None:
            say(f"warning: {warning}")
    await acreate_table_artifact(table=bill_rows(bill), key=key, description=line)
