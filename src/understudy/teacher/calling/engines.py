"""The engine of one run, live or over batch jobs, with its client, ledger and meter."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from understudy.settings import TeacherSettings
from understudy.teacher.batch.book import Job, JobBook
from understudy.teacher.calling.address import address_of
from understudy.teacher.calling.engine import Engine
from understudy.teacher.calling.failures import Endpoint
from understudy.teacher.calling.means import Means, Note, unheard
from understudy.teacher.calling.quarantine import Quarantine
from understudy.teacher.calling.tally import Randomness
from understudy.teacher.money.ledger import Ledger, spent
from understudy.teacher.money.pricing import Meter, load_prices
from understudy.workspace import Workspace


@asynccontextmanager
async def open_engine(
    teacher: TeacherSettings,
    workspace: Workspace,
    *,
    chance: Randomness | None = None,
    note: Note = unheard,
    again: Note = unheard,
) -> AsyncGenerator[Engine]:
    """Open client and ledger for one run, and close them after it.

    Everything that can be wrong before the first call is found here, the key first.

    Args:
        teacher: Of the model that is asked; a channel's passes and its variants may differ in it.
        note: Told in a line how batch jobs fare.
        again: See `Means`.

    Raises:
        TeacherSetupError: No key, or no address.
        ConfigError: The price table cannot be used.
        BudgetError: A cap without a price for the model.
        BusyError: Another run writes the ledger.
    """
    # The openai client takes most of a second to import; a run of finished stages never opens it.
    from understudy.teacher.calling.client import open_client, open_http

    http = open_http(teacher)
    client = open_client(teacher, http)
    try:
        meter = _meter(teacher, workspace)
        with Ledger(workspace.ledger) as ledger:
            means = Means(
                client=client,
                http=http,
                endpoint=_endpoint(teacher),
                channel=workspace.channel,
                ledger=ledger,
                meter=meter,
                quarantine=Quarantine(workspace.data / "quarantine"),
                chance=chance or Randomness(),
                again=again,
            )
            engine = _engine(means, teacher, JobBook(workspace.batches), note)
            try:
                yield engine
            finally:
                await engine.close()
    finally:
        await client.close()


def left_at_provider(teacher: TeacherSettings, workspace: Workspace) -> Sequence[Job]:
    """The batch jobs of a teacher that no run has collected yet.

    Raises:
        DataError: A job's file cannot be read.
        TeacherSetupError: `teacher.base_url` is no address.
    """
    endpoint = _endpoint(teacher)
    return JobBook(workspace.batches).open_jobs(endpoint=endpoint.address, model=endpoint.model)


def _endpoint(teacher: TeacherSettings) -> Endpoint:
    return Endpoint(address_of(teacher), teacher.model, teacher.api_key_env)


def _engine(means: Means, teacher: TeacherSettings, book: JobBook, note: Note) -> Engine:
    from understudy.teacher.batch.engine import BatchEngine
    from understudy.teacher.calling.live_engine import LiveEngine

    if teacher.mode == "live":
        return LiveEngine(means, teacher)
    return BatchEngine(means, teacher, book, note)


def _meter(teacher: TeacherSettings, workspace: Workspace) -> Meter:
    """A meter at the prices of the run's mode that knows what the channel has paid so far."""
    price = load_prices(workspace.root / teacher.prices).of(teacher.model)
    if price is not None and teacher.mode == "batch":
        price = price.batched
    return Meter(
        price,
        budget_usd=teacher.budget_usd,
        already=0.0 if price is None else spent(workspace.ledger, workspace.channel),
        model=teacher.model,
    )
