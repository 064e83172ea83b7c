"""Put the paid reader together, and quote it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from understudy.records import Row
from understudy.settings import Settings
from understudy.teacher.auditing import TeacherAuditor, audit_quote, auditing
from understudy.teacher.opening import open_openai_teacher
from understudy.teacher.prompts import Prompt, load_prompt
from understudy.teacher.quote import Quote
from understudy.teacher.reckoning import Reckoning, shelf_of
from understudy.teacher.tally import Randomness
from understudy.workspace import Workspace


def audit_prompt(settings: Settings, workspace: Workspace) -> Prompt:
    """Read the prompt of the audit.

    Raises:
        ConfigError: It cannot be used.
    """
    return load_prompt(workspace.root / settings.audit.prompt, settings.channel)


@asynccontextmanager
async def open_auditor(
    settings: Settings, workspace: Workspace, chance: Randomness | None = None
) -> AsyncGenerator[TeacherAuditor]:
    """Open client and ledger for a run that judges rows, and close them after it.

    Raises:
        TeacherSetupError: No key, or no address.
        ConfigError: A prompt or the price table cannot be used.
        BudgetError: A cap without a price for the model.
        BusyError: Another run writes the ledger.
    """
    own = settings.model_copy(update={"teacher": auditing(settings)})
    async with open_openai_teacher(own, workspace, chance) as teacher:
        prompt = audit_prompt(settings, workspace)
        yield TeacherAuditor(teacher.engine, prompt, settings, shelf_of(workspace))


def quote_audit_for(
    settings: Settings, workspace: Workspace, rows: Sequence[Row], *, everything: bool = False
) -> Quote:
    """Quote the audit of these rows; what the ledger holds is free.

    Args:
        everything: As if the ledger held nothing.

    Raises:
        ConfigError: The prompt or the price table cannot be used.
        DataError: The ledger or a transcript cannot be read.
        TeacherSetupError: `teacher.base_url` is no address.
    """
    reckoning = Reckoning.of(auditing(settings), workspace, everything=everything)
    one = audit_quote(
        rows,
        settings,
        audit_prompt(settings, workspace),
        reckoning.price,
        shelf=shelf_of(workspace),
        chars_per_token=reckoning.chars_per_token,
        paid=reckoning.paid,
    )
    return reckoning.quote(one, videos=len({row.video_id for row in rows}))
