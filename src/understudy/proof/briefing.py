"""What the base is told where it is not trained: the same question, asked with more care.

A training that does no better than a good prompt was not worth it, so the base
gets both prompts that anybody would try first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from understudy.chat import ChatRow
from understudy.proof.plan import spread
from understudy.proof.records import Arm
from understudy.records import Record
from understudy.settings import ChannelSettings

PERSONA = (
    "You are {speaker} and answer questions about {subject}. Your manner: {style}. Begin with the "
    "point itself in one sentence in **bold**. Then explain in short paragraphs, with a Markdown "
    "list where there are steps or several items. No heading, no greeting. Answer in the language "
    "with the code {language}."
)
"""The teacher's own instructions for an answer, in the words of a system prompt."""


class Briefing(Record):
    """What the prompted arms put before a question."""

    persona: str
    """System prompt of the arm `prompted`."""
    shown: tuple[ChatRow, ...]
    """Rows of train that the arm `examples` shows."""


def briefing_of(channel: ChannelSettings, train: Sequence[ChatRow], *, examples: int) -> Briefing:
    """Write the prompt, and choose the examples evenly over the videos of train.

    A variant is never shown: it may be a shortened or a translated answer.
    """
    originals = [row for row in train if row.kind == "original"]
    persona = PERSONA.format(
        speaker=channel.speaker,
        subject=channel.subject,
        style=channel.style,
        language=channel.language,
    )
    return Briefing(persona=persona, shown=spread(originals, examples))


def briefed(row: ChatRow, arm: Arm, briefing: Briefing) -> ChatRow:
    """The row as one arm is asked it."""
    if arm == "prompted":
        turns = [{"role": "system", "content": briefing.persona}, *_without_system(row)]
    elif arm == "examples":
        shown = [turn for one in briefing.shown for turn in _without_system(one)]
        own = [turn for turn in row.messages if turn["role"] == "system"]
        turns = [*own, *shown, *_without_system(row)]
    else:
        return row
    return row.model_copy(update={"messages": tuple(turns)})


def _without_system(row: ChatRow) -> list[Mapping[str, str]]:
    return [turn for turn in row.messages if turn["role"] != "system"]
