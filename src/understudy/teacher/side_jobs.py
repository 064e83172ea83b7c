"""What else a paid model is asked for: the audit of rows, variants of training rows, and which of
two answers is better.

Each has a model, a prompt, a worker and calls of its own; opening, freshness and quote are one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from understudy.preference import Pair
from understudy.records import Row
from understudy.settings import Settings, TeacherSettings
from understudy.teacher.auditing import AUDIT, AUDIT_VERSION, TeacherAuditor, audit_calls, auditing
from understudy.teacher.calling.address import address_of
from understudy.teacher.calling.calls import Call
from understudy.teacher.calling.engine import Engine
from understudy.teacher.calling.means import Note, unheard
from understudy.teacher.calling.tally import Randomness
from understudy.teacher.fingerprint import parameters
from understudy.teacher.judging import JUDGE, JUDGE_VERSION, TeacherJudge, judge_calls, judging
from understudy.teacher.money.quote import Quote, pass_quote, reasoning_of, usage_of
from understudy.teacher.money.quote_variants import variant_calls
from understudy.teacher.money.reckoning import Reckoning, Shelf, shelf_of
from understudy.teacher.opening import open_openai_teacher
from understudy.teacher.prompts import Prompt, load_prompt
from understudy.teacher.variants import AUGMENT, VARIANTS_VERSION, TeacherWriter, augmenting
from understudy.variants import Order
from understudy.workspace import Workspace


class _OfVideo(Protocol):
    @property
    def video_id(self) -> str | None: ...


T = TypeVar("T", bound=_OfVideo)
"""What is asked about: rows, orders, or pairs of answers."""
W = TypeVar("W")
"""Who asks."""

Paid = Callable[[Call], bool]
"""Whether the ledger holds a call: it will cost nothing."""
Calls = Callable[[Sequence[T], Settings, Prompt, Shelf, Paid], Iterable[tuple[Call, int]]]
"""The calls that are still to be paid, each with the tokens its reply should have."""


@dataclass(frozen=True)
class SideJob(Generic[T, W]):
    """One of them, as what sets it apart."""

    name: str
    """Of the pass in quote, ledger and bill."""
    role: str
    """Of whoever does it, in the recipe of the rows."""
    version: str
    teacher: Callable[[Settings], TeacherSettings]
    prompt_path: Callable[[Settings], str]
    worker: Callable[[Engine, Prompt, Settings, Shelf], W]
    calls: Calls[T]

    def prompt(self, settings: Settings, workspace: Workspace) -> Prompt:
        """Read its prompt.

        Raises:
            ConfigError: It cannot be used.
        """
        return load_prompt(workspace.root / self.prompt_path(settings), settings.channel)

    def fingerprint(self, settings: Settings, workspace: Workspace) -> Mapping[str, str]:
        """What its replies depend on beside rows and transcripts.

        Raises:
            ConfigError: The prompt cannot be used.
            TeacherSetupError: `teacher.base_url` is no address.
        """
        teacher = self.teacher(settings)
        determined_by = {
            "version": self.version,
            "prompt": self.prompt(settings, workspace).digest,
            "max_output_tokens": teacher.max_output_tokens,
            **parameters(address_of(teacher), teacher),
        }
        return {f"{self.role}.{name}": str(value) for name, value in determined_by.items()}

    @asynccontextmanager
    async def open(
        self,
        settings: Settings,
        workspace: Workspace,
        chance: Randomness | None = None,
        again: Note = unheard,
    ) -> AsyncGenerator[tuple[W, Engine]]:
        """Open client and ledger for one run, and close them after it.

        Args:
            again: Told which calls are made again, when and why.

        Raises:
            TeacherSetupError: No key, or no address.
            ConfigError: A prompt or the price table cannot be used.
            BudgetError: A cap without a price for the model.
            BusyError: Another run writes the ledger.
        """
        own = settings.model_copy(update={"teacher": self.teacher(settings)})
        async with open_openai_teacher(own, workspace, chance, again=again) as teacher:
            prompt, shelf = self.prompt(settings, workspace), shelf_of(workspace)
            yield self.worker(teacher.engine, prompt, settings, shelf), teacher.engine

    def quote(
        self,
        settings: Settings,
        workspace: Workspace,
        items: Sequence[T],
        *,
        everything: bool = False,
    ) -> Quote:
        """Quote these items, by the tokens that the ledger has seen; what it holds is free.

        Args:
            everything: As if the ledger held nothing.

        Raises:
            ConfigError: The prompt or the price table cannot be used.
            DataError: The ledger or a transcript cannot be read.
            TeacherSetupError: `teacher.base_url` is no address.
        """
        reckoning = Reckoning.of(self.teacher(settings), workspace, everything=everything)
        prompt, shelf = self.prompt(settings, workspace), shelf_of(workspace)
        price, ratio = reckoning.price, reckoning.chars_per_token
        usages = [
            usage_of(call.turns, tokens + reasoning_of(settings), ratio, price, first=True)
            for call, tokens in self.calls(items, settings, prompt, shelf, reckoning.paid)
        ]
        return reckoning.quote(
            pass_quote(self.name, usages, price), videos=len({item.video_id for item in items})
        )


ROW_AUDIT = SideJob[Row, TeacherAuditor](
    name=AUDIT,
    role="auditor",
    version=AUDIT_VERSION,
    teacher=auditing,
    prompt_path=lambda settings: settings.audit.prompt,
    worker=TeacherAuditor,
    calls=audit_calls,
)
ANSWER_JUDGING = SideJob[Pair, TeacherJudge](
    name=JUDGE,
    role="judge",
    version=JUDGE_VERSION,
    teacher=judging,
    prompt_path=lambda settings: settings.evaluate.judge.prompt,
    worker=TeacherJudge,
    calls=judge_calls,
)
VARIANT_WRITING = SideJob[Order, TeacherWriter](
    name=AUGMENT,
    role="writer",
    version=VARIANTS_VERSION,
    teacher=augmenting,
    prompt_path=lambda settings: settings.augment.prompt,
    worker=TeacherWriter,
    calls=variant_calls,
)
SIDE_JOBS = (ROW_AUDIT, VARIANT_WRITING, ANSWER_JUDGING)
