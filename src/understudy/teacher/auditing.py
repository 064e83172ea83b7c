"""The paid reader: one call per video, with its transcript and its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence

from understudy.audit import Opinion
from understudy.records import Row, Transcript, digest_of
from understudy.rows import by_video
from understudy.settings import Settings, TeacherSettings
from understudy.teacher.calling.calls import Call, Turn
from understudy.teacher.calling.engine import Engine
from understudy.teacher.money.reckoning import Shelf
from understudy.teacher.piecemeal import ask_for
from understudy.teacher.prompts import Prompt, shared_prefix
from understudy.teacher.schemas import OPINIONS_NAME, OPINIONS_SCHEMA, ReplyOpinion, read_opinions
from understudy.teacher.together import together

AUDIT_VERSION = "1"
AUDIT = "audit"
OPINION_TOKENS = 35
"""Of one row in a reply, its JSON included."""


def auditing(settings: Settings) -> TeacherSettings:
    """The teacher's settings with the model that judges."""
    return settings.teacher.by(settings.audit.model)


def call_of(
    rows: Sequence[Row], transcript: Transcript, prompt: Prompt, teacher: TeacherSettings
) -> Call:
    """The call that asks about these rows, all of one video."""
    stable = shared_prefix(transcript)
    lines = (
        json.dumps(
            {"id": label_of(row), "question": row.question, "answer": row.answer},
            ensure_ascii=False,
        )
        for row in rows
    )
    task = "Rows:\n" + "\n".join(lines)
    return Call(
        item_id=rows[0].video_id,
        kind=AUDIT,
        cache_key=digest_of(stable)[:32],
        turns=(Turn(role="system", text=prompt.text), Turn(role="user", stable=stable, text=task)),
        schema_name=OPINIONS_NAME,
        reply_schema=OPINIONS_SCHEMA,
        prompt_version=prompt.digest[:12],
        max_tokens=teacher.max_output_tokens,
    )


def label_of(row: Row) -> str:
    """The part of a row's id that the model echoes."""
    return row.id.partition(":")[2]


class TeacherAuditor:
    """Judges rows through an engine, the videos side by side."""

    def __init__(self, engine: Engine, prompt: Prompt, settings: Settings, shelf: Shelf) -> None:
        self.engine = engine
        self._prompt, self._teacher, self._shelf = prompt, auditing(settings), shelf

    async def judge(self, rows: Sequence[Row]) -> tuple[Opinion, ...]:
        """Judge all rows; those that the replies leave out twice have no opinion.

        Raises:
            TeacherError: Nothing can go on. What was judged is in the ledger.
        """
        parts = await together(self._judge_video(group) for _, group in by_video(rows))
        return tuple(opinion for part in parts for opinion in part)

    async def _judge_video(self, rows: Sequence[Row]) -> list[Opinion]:
        transcript = self._shelf(rows[0].video_id)
        if transcript is None:
            return []

        async def ask(labels: Collection[str]) -> Sequence[ReplyOpinion]:
            left = [row for row in rows if label_of(row) in labels]
            call = call_of(left, transcript, self._prompt, self._teacher)
            return await self.engine.ask(call, lambda text: read_opinions(text, labels))

        found, _ = await ask_for([label_of(row) for row in rows], ask)
        return [
            Opinion(
                id=row.id, faithful=said.faithful, answers=said.answers, problem=said.problem[:400]
            )
            for row in rows
            if (said := found.get(label_of(row)))
        ]


def audit_calls(
    rows: Sequence[Row],
    settings: Settings,
    prompt: Prompt,
    shelf: Shelf,
    paid: Callable[[Call], bool],
) -> Iterator[tuple[Call, int]]:
    """The calls that judge these rows and are still to be paid, with the tokens of their replies.

    Args:
        shelf: Finds transcripts; rows without one are not judged.
        paid: Whether the ledger holds a call.
    """
    for video, group in by_video(rows):
        if (transcript := shelf(video)) is None:
            continue
        if not paid(call := call_of(group, transcript, prompt, auditing(settings))):
            yield call, OPINION_TOKENS * len(group)
