"""Put the paid teacher together: client, ledger, meter, prompts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from understudy.passes import Pending, pending, transcripts_in
from understudy.records import Transcript
from understudy.settings import Settings
from understudy.teacher.causes import Endpoint
from understudy.teacher.client import address_of, open_client
from understudy.teacher.engine import Engine
from understudy.teacher.ledger import Ledger, read_entries, spent
from understudy.teacher.openai_teacher import OpenAITeacher, fingerprint_of
from understudy.teacher.pricing import Meter, load_prices
from understudy.teacher.prompts import PromptSet, load_prompts
from understudy.teacher.quarantine import Quarantine
from understudy.teacher.quote import CHARS_PER_TOKEN, Quote, measured_ratio, quote
from understudy.teacher.tally import Randomness
from understudy.workspace import Workspace


def prompts_of(settings: Settings, workspace: Workspace) -> PromptSet:
    """Read the three prompt files that the settings name.

    Raises:
        ConfigError: One cannot be used.
    """
    return load_prompts(
        workspace.root,
        system=settings.teacher.prompt,
        questions=settings.questions.prompt,
        answers=settings.answers.prompt,
        channel=settings.channel,
    )


def quote_for(
    settings: Settings,
    workspace: Workspace,
    transcripts: Sequence[Transcript],
    asked: Sequence[tuple[Transcript, int]] = (),
) -> Quote:
    """Quote both passes over these transcripts, by the tokens that the ledger has seen.

    Args:
        asked: Transcripts that have their questions, so many, and need answers.

    Raises:
        ConfigError: A prompt or the price table cannot be used.
        DataError: The ledger cannot be read.
    """
    model = settings.teacher.model
    return quote(
        transcripts,
        settings,
        prompts_of(settings, workspace),
        load_prices(workspace.root / settings.teacher.prices).of(model),
        asked=asked,
        chars_per_token=measured_ratio(read_entries(workspace.ledger), model) or CHARS_PER_TOKEN,
    )


def pending_for(settings: Settings, workspace: Workspace) -> Pending:
    """Sort a channel's talks by what they still need from the paid teacher.

    Raises:
        ConfigError: A prompt cannot be used.
        DataError: A transcript cannot be read.
        TeacherSetupError: `teacher.base_url` is no address.
    """
    fingerprint = fingerprint_of(settings.teacher, prompts_of(settings, workspace))
    return pending(transcripts_in(workspace), workspace, settings, fingerprint)


@asynccontextmanager
async def open_openai_teacher(
    settings: Settings, workspace: Workspace, chance: Randomness | None = None
) -> AsyncGenerator[OpenAITeacher]:
    """Open client and ledger for one run, and close them after it.

    Everything that can be wrong before the first call is found here, the key first.

    Raises:
        TeacherSetupError: No key, or no address.
        ConfigError: A prompt or the price table cannot be used.
        BudgetError: A cap without a price for the model.
        BusyError: Another run writes the ledger.
    """
    teacher = settings.teacher
    client = open_client(teacher)
    try:
        prompts = prompts_of(settings, workspace)
        price = load_prices(workspace.root / teacher.prices).of(teacher.model)
        with Ledger(workspace.ledger) as ledger:
            engine = Engine(
                client,
                teacher,
                endpoint=Endpoint(address_of(teacher), teacher.model, teacher.api_key_env),
                channel=settings.channel.name,
                ledger=ledger,
                meter=Meter(
                    price,
                    budget_usd=teacher.budget_usd,
                    already=0.0
                    if price is None
                    else spent(workspace.ledger, settings.channel.name),
                    model=teacher.model,
                ),
                quarantine=Quarantine(workspace.data / "quarantine"),
                chance=chance,
            )
            yield OpenAITeacher(engine, prompts, settings)
    finally:
        await client.close()
