"""Put the paid writer of variants together, and quote it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from understudy.artifacts import read_record
from understudy.records import Transcript
from understudy.settings import Settings
from understudy.teacher.client import address_of
from understudy.teacher.fingerprint import parameters
from understudy.teacher.ledger import read_entries
from understudy.teacher.opening import open_openai_teacher
from understudy.teacher.pricing import load_prices
from understudy.teacher.prompts import Prompt, load_prompt
from understudy.teacher.quote import CHARS_PER_TOKEN, Quote, measured_ratio
from understudy.teacher.quote_variants import variants_quote
from understudy.teacher.tally import Randomness
from understudy.teacher.variants import Shelf, TeacherWriter, augmenting
from understudy.variants import Order
from understudy.workspace import Workspace


def variants_prompt(settings: Settings, workspace: Workspace) -> Prompt:
    """Read the prompt of the variants.

    Raises:
        ConfigError: It cannot be used.
    """
    return load_prompt(workspace.root / settings.augment.prompt, settings.channel)


@asynccontextmanager
async def open_variant_writer(
    settings: Settings, workspace: Workspace, chance: Randomness | None = None
) -> AsyncGenerator[TeacherWriter]:
    """Open client and ledger for a run that writes variants, and close them after it.

    Raises:
        TeacherSetupError: No key, or no address.
        ConfigError: A prompt or the price table cannot be used.
        BudgetError: A cap without a price for the model.
        BusyError: Another run writes the ledger.
    """
    own = settings.model_copy(update={"teacher": augmenting(settings)})
    async with open_openai_teacher(own, workspace, chance) as teacher:
        prompt = variants_prompt(settings, workspace)
        yield TeacherWriter(teacher.engine, prompt, settings, shelf_of(workspace))


def quote_variants_for(
    settings: Settings, workspace: Workspace, orders: Sequence[Order], *, everything: bool = False
) -> Quote:
    """Quote these variants, by the tokens that the ledger has seen; what it holds is free.

    Args:
        everything: As if the ledger held nothing.

    Raises:
        ConfigError: The prompt or the price table cannot be used.
        DataError: The ledger or a transcript cannot be read.
        TeacherSetupError: `teacher.base_url` is no address.
    """
    teacher = augmenting(settings)
    entries = list(read_entries(workspace.ledger))
    held = {entry.digest for entry in entries}
    determined_by = parameters(address_of(teacher), teacher)
    ratio = measured_ratio(entries, teacher.model) or CHARS_PER_TOKEN
    one = variants_quote(
        orders,
        settings,
        variants_prompt(settings, workspace),
        load_prices(workspace.root / teacher.prices).of(teacher.model),
        shelf=shelf_of(workspace),
        chars_per_token=ratio,
        paid=lambda call: not everything and call.digest(determined_by) in held,
    )
    return Quote(
        model=teacher.model,
        videos=len({order.video_id for order in orders}),
        questions=0,
        passes=(one,),
        chars_per_token=round(ratio, 3),
        mode=teacher.mode,
    )


def shelf_of(workspace: Workspace) -> Shelf:
    """Find transcripts on disk, by video."""

    def shelf(video_id: str) -> Transcript | None:
        path = workspace.transcript(video_id)
        return read_record(path, Transcript) if path.exists() else None

    return shelf
