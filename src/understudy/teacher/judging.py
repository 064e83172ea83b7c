"""The paid judge: two calls per question, one for either order of the two answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence

from understudy.errors import TeacherReplyError
from understudy.preference import SIDES, Choice, Judgement, Pair, Side
from understudy.records import digest_of
from understudy.settings import Settings, TeacherSettings
from understudy.teacher.calling.calls import Call, Turn
from understudy.teacher.calling.engine import Engine
from understudy.teacher.money.reckoning import Shelf
from understudy.teacher.prompts import Prompt, as_data
from understudy.teacher.schemas import (
    PREFERENCE_NAME,
    PREFERENCE_SCHEMA,
    ReplyPreference,
    read_preference,
)

JUDGE_VERSION = "1"
JUDGE = "judge"
PREFERENCE_TOKENS = 60
"""Of one reply: a sentence, a word and their JSON."""
_WHY = 400
"""Characters of a reason that are kept."""


def judging(settings: Settings) -> TeacherSettings:
    """The teacher's settings with the model that judges, and its server where one is named."""
    judge = settings.evaluate.judge
    named = {"model": judge.model, "base_url": judge.base_url, "api_key_env": judge.api_key_env}
    changes = {name: value for name, value in named.items() if value is not None}
    return settings.teacher.model_copy(update=changes)


def call_of(pair: Pair, first: Side, prompt: Prompt, teacher: TeacherSettings, order: int) -> Call:
    """The call that shows a pair in one order.

    Args:
        first: Whose answer stands first.
        order: Place of the pair.
    """
    sides = SIDES if first == SIDES[0] else SIDES[::-1]
    shown = {
        "question": pair.question,
        "reference": pair.reference,
        "first": pair.answer(sides[0]),
        "second": pair.answer(sides[1]),
    }
    lines = {name: _as_lines(text) for name, text in shown.items()}
    return Call(
        item_id=pair.id,
        kind=JUDGE,
        order=order,
        cache_key=digest_of(prompt.text)[:32],
        turns=(
            Turn(role="system", text=prompt.text),
            Turn(role="user", text=json.dumps(lines, ensure_ascii=False)),
        ),
        schema_name=PREFERENCE_NAME,
        reply_schema=PREFERENCE_SCHEMA,
        prompt_version=prompt.digest[:12],
        max_tokens=teacher.max_output_tokens,
    )


class TeacherJudge:
    """Compares answers through an engine, the pairs side by side."""

    def __init__(self, engine: Engine, prompt: Prompt, settings: Settings, shelf: Shelf) -> None:
        del shelf  # the reference says what the talk says
        self.engine = engine
        self._prompt, self._teacher = prompt, judging(settings)

    async def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement, ...]:
        """Compare the answers of each pair; one of which a reply cannot be used is left out.

        Raises:
            TeacherError: Nothing can go on. What was judged is in the ledger.
        """
        asked = (self._judge(place, pair) for place, pair in enumerate(pairs))
        found = await asyncio.gather(*asked)
        return tuple(one for one in found if one is not None)

    async def _judge(self, place: int, pair: Pair) -> Judgement | None:
        if _same(pair):
            return Judgement(id=pair.id, judge="", base_first="same", tuned_first="same")
        try:
            # One after the other: where the first cannot be used, the second need not be paid.
            said = [await self._ask(pair, first, place) for first in SIDES]
        except TeacherReplyError:
            return None
        return Judgement(
            id=pair.id,
            judge=self._teacher.model,
            base_first=_choice(said[0], SIDES[0]),
            tuned_first=_choice(said[1], SIDES[1]),
            why=(said[0].why[:_WHY], said[1].why[:_WHY]),
        )

    async def _ask(self, pair: Pair, first: Side, place: int) -> ReplyPreference:
        call = call_of(pair, first, self._prompt, self._teacher, place)
        return await self.engine.ask(call, read_preference)


def judge_calls(
    pairs: Sequence[Pair],
    settings: Settings,
    prompt: Prompt,
    shelf: Shelf,
    paid: Callable[[Call], bool],
) -> Iterator[tuple[Call, int]]:
    """The calls that compare these pairs and are still to be paid, with the tokens of their replies.

    Args:
        paid: Whether the ledger holds a call.
    """
    del shelf
    teacher = judging(settings)
    for place, pair in enumerate(pairs):
        for first in () if _same(pair) else SIDES:
            if not paid(call := call_of(pair, first, prompt, teacher, place)):
                yield call, PREFERENCE_TOKENS


def _same(pair: Pair) -> bool:
    return pair.base.strip() == pair.tuned.strip()


def _choice(said: ReplyPreference, first: Side) -> Choice:
    if said.better == "same":
        return "same"
    other: Side = "tuned" if first == "base" else "base"
    return first if said.better == "first" else other


def _as_lines(text: str) -> str:
    """The text with its lines, which are part of its form, and nothing that could be a role."""
    return "\n".join(as_data(line) for line in text.split("\n"))
