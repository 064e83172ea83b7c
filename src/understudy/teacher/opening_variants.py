"""Put the paid writer of variants together, and quote it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from understudy.settings import Settings
from understudy.teacher.opening import open_openai_teacher
from understudy.teacher.prompts import Prompt, load_prompt
from understudy.teacher.quote import Quote
from understudy.teacher.quote_variants import variants_quote
from understudy.teacher.reckoning import Reckoning, shelf_of
from understudy.teacher.tally import Randomness
from understudy.teacher.variants import TeacherWriter, augmenting
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
    reckoning = Reckoning.of(augmenting(settings), workspace, everything=everything)
    one = variants_quote(
        orders,
        settings,
        variants_prompt(settings, workspace),
        reckoning.price,
        shelf=shelf_of(workspace),
        chars_per_token=reckoning.chars_per_token,
        paid=reckoning.paid,
    )
    return reckoning.quote(one, videos=len({order.video_id for order in orders}))
