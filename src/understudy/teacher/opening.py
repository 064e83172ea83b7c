"""Put the paid teacher together: client, ledger, meter, prompts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager

from understudy.passes import Pending, pending, transcripts_in
from understudy.records import Transcript
from understudy.settings import Settings
from understudy.teacher.calling.engines import open_engine
from understudy.teacher.calling.means import Note, unheard
from understudy.teacher.calling.tally import Randomness
from understudy.teacher.money.ledger import read_entries
from understudy.teacher.money.pricing import load_prices
from understudy.teacher.money.quote import CHARS_PER_TOKEN, Quote, measured_ratio, quote
from understudy.teacher.openai_teacher import OpenAITeacher, fingerprint_of
from understudy.teacher.prompts import PromptSet, load_prompts
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


def pending_for(
    settings: Settings, workspace: Workspace, only: Collection[str] | None = None
) -> Pending:
    """Sort a channel's talks by what they still need from the paid teacher.

    Args:
        only: Ids of the talks that count; without, all.

    Raises:
        ConfigError: A prompt cannot be used.
        DataError: A transcript cannot be read.
        TeacherSetupError: `teacher.base_url` is no address.
    """
    fingerprint = fingerprint_of(settings.teacher, prompts_of(settings, workspace))
    talks = [one for one in transcripts_in(workspace) if only is None or one.video_id in only]
    return pending(talks, workspace, settings, fingerprint)


@asynccontextmanager
async def open_openai_teacher(
    settings: Settings,
    workspace: Workspace,
    chance: Randomness | None = None,
    note: Note = unheard,
    again: Note = unheard,
) -> AsyncGenerator[OpenAITeacher]:
    """Open the teacher of both passes for one run.

    Args:
        note: Told in a line how batch jobs fare.
        again: Told, in the talk's own task, which of its calls are made again, when and why.

    Raises:
        ConfigError: A prompt or the price table cannot be used.
        UnderstudyError: See `open_engine`: everything that can be wrong before the first call.
    """
    prompts = prompts_of(settings, workspace)
    opened = open_engine(settings.teacher, workspace, chance=chance, note=note, again=again)
    async with opened as engine:
        yield OpenAITeacher(engine, prompts, settings)
