"""The paid writer of variants: a few calls per video, for training rows alone.

A question that is to come back through another language goes there in one call and
back in another, so that the second does not see what the first began with.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from understudy.answers import Heard, answer_problem, clean_answer
from understudy.errors import TeacherBusyError
from understudy.evidence import locate
from understudy.questions import clean_question, question_problem
from understudy.records import Dropped, DropReason, Record, Transcript, digest_of
from understudy.settings import Settings, TeacherSettings
from understudy.teacher.calling.calls import Call, Turn
from understudy.teacher.calling.engine import Engine
from understudy.teacher.money.reckoning import Shelf
from understudy.teacher.piecemeal import ask_for
from understudy.teacher.prompts import Prompt, shared_prefix
from understudy.teacher.schemas import (
    VARIANTS_NAME,
    VARIANTS_SCHEMA,
    ReplyVariant,
    read_variants,
)
from understudy.teacher.together import together
from understudy.text.form import plain_text
from understudy.text.terms import foreign_terms
from understudy.variants import LONGER, SHORTER, Draft, Order, Written, by_source

VARIANTS_VERSION = "1"
AUGMENT = "augment"


class Item(Record):
    """One line of a call: what to write, under a label that names it in the reply."""

    order: Order
    write: str
    question: str = ""
    answer: str = ""
    language: str = ""

    @property
    def label(self) -> str:
        """The part of the variant's id that the model echoes; the video's own is ours to add."""
        return self.order.id.partition(":")[2]

    @property
    def line(self) -> str:
        fields = {"id": self.label, "write": self.write, "question": self.question}
        more = {"answer": self.answer, "language": self.language}
        given = fields | {name: text for name, text in more.items() if text}
        return json.dumps(given, ensure_ascii=False)


def augmenting(settings: Settings) -> TeacherSettings:
    """The teacher's settings with the model that writes variants."""
    return settings.teacher.by(settings.augment.model)


def item_of(order: Order, language: str) -> Item:
    """What the first call about an order asks for."""
    if order.kind == "paraphrase":
        return Item(order=order, write=f"{order.tone} question", question=order.question)
    if order.kind == "back_translation":
        return Item(order=order, write="translation", question=order.question, language=language)
    return Item(
        order=order, write=f"{order.kind} answer", question=order.question, answer=order.answer
    )


def call_of(
    items: Sequence[Item], prompt: Prompt, teacher: TeacherSettings, transcript: Transcript | None
) -> Call:
    """The call that asks for these items, all of one video.

    Args:
        transcript: Of the video, where the items need it; it comes first, for the prompt cache.
    """
    stable = shared_prefix(transcript) if transcript else ""
    task = "Items:\n" + "\n".join(item.line for item in items)
    return Call(
        item_id=items[0].order.video_id,
        kind=AUGMENT,
        cache_key=digest_of(stable or items[0].order.video_id)[:32],
        turns=(Turn(role="system", text=prompt.text), Turn(role="user", stable=stable, text=task)),
        schema_name=VARIANTS_NAME,
        reply_schema=VARIANTS_SCHEMA,
        prompt_version=prompt.digest[:12],
        max_tokens=teacher.max_output_tokens,
    )


class TeacherWriter:
    """Writes variants through an engine.

    What breaks a rule is dropped with its reason and not asked for again: a variant is a help and
    no loss. What a reply leaves out is asked for once more.
    """

    def __init__(self, engine: Engine, prompt: Prompt, settings: Settings, shelf: Shelf) -> None:
        self.engine = engine
        self._prompt, self._settings, self._shelf = prompt, settings, shelf
        self._teacher = augmenting(settings)

    async def write(self, orders: Sequence[Order]) -> Written:
        """Write all variants, the videos side by side.

        Raises:
            TeacherError: Nothing can go on; what only some replies lack is in `dropped`.
        """
        videos = by_source(orders, lambda order: order.video_id)
        parts = await together(self._write_video(group) for group in videos)
        return Written(
            drafts=tuple(draft for part in parts for draft in part.drafts),
            dropped=tuple(lost for part in parts for lost in part.dropped),
        )

    async def _write_video(self, orders: Sequence[Order]) -> Written:
        pivot = self._settings.augment.pivot_language
        long = [item_of(order, pivot) for order in orders if order.kind == "long"]
        others = [item_of(order, pivot) for order in orders if order.kind != "long"]
        transcript = self._shelf(orders[0].video_id) if long else None
        replies, lost = await self._ask(others, None)
        back = [self._back(item, replies) for item in others if item.label in replies]
        returning = [item for item in back if item is not None]
        returned, lost_again = await self._ask(returning, None)
        longer, lost_long = await self._ask(long, transcript)
        found = {**replies, **longer}
        for item in returning:
            found.pop(item.label, None)
        found |= returned
        return self.sorted_out(orders, found, {**lost, **lost_again, **lost_long}, transcript)

    def _back(self, item: Item, replies: Mapping[str, ReplyVariant]) -> Item | None:
        """The second half of a back-translation; None for everything else."""
        if item.write != "translation":
            return None
        there = clean_question(replies[item.label].text)
        home = self._settings.channel.language
        return item.model_copy(update={"question": there, "language": home})

    async def _ask(
        self, items: Sequence[Item], transcript: Transcript | None
    ) -> tuple[dict[str, ReplyVariant], dict[str, DropReason]]:
        """What came, and why the rest did not, by label."""

        async def ask(labels: Collection[str]) -> Sequence[ReplyVariant]:
            left = [item for item in items if item.label in labels]
            call = call_of(left, self._prompt, self._teacher, transcript)
            return await self.engine.ask(call, lambda text: read_variants(text, labels))

        try:
            found, reason = await ask_for([item.label for item in items], ask)
        except TeacherBusyError:
            found, reason = {}, "teacher_failed"
        return found, {item.label: reason for item in items if item.label not in found}

    def sorted_out(
        self,
        orders: Sequence[Order],
        found: Mapping[str, ReplyVariant],
        lost: Mapping[str, DropReason],
        transcript: Transcript | None,
    ) -> Written:
        """Keep the replies that are fit, and say why the rest is not there.

        Args:
            found: By label.
            lost: Why there is no reply, by label.
            transcript: Of the video, where one of the orders needs it.
        """
        heard = Heard.of(transcript) if transcript else None
        drafts: list[Draft] = []
        dropped: list[Dropped] = []
        for order in orders:
            label = order.id.partition(":")[2]
            reply = found.get(label)
            reason = lost.get(label, "missing") if reply is None else None
            text = "" if reply is None else _cleaned(order, reply.text)
            if reply is not None:
                reason = self.problem(order, text)
            if reply is not None and reason is None and order.kind == "long":
                reason = self._unsupported(order, text, reply.quote, heard)
            if reason is None:
                drafts.append(Draft(id=order.id, text=text))
            else:
                dropped.append(Dropped(id=order.id, reason=reason, text=text[:400]))
        return Written(drafts=tuple(drafts), dropped=tuple(dropped))

    def problem(self, order: Order, text: str) -> DropReason | None:
        """Say why a draft is unfit by its text alone, or None."""
        channel = self._settings.channel
        if order.kind in {"paraphrase", "back_translation"}:
            return question_problem(text, channel, ())
        if reason := answer_problem(text, channel, self._settings.answers):
            return reason
        if order.kind == "short":
            return "too_long" if len(text) > SHORTER * len(order.answer) else None
        return "too_short" if len(text) < LONGER * len(order.answer) else None

    def _unsupported(
        self, order: Order, text: str, quote: str, heard: Heard | None
    ) -> DropReason | None:
        """A long answer needs its quote, and no number or name that neither source holds."""
        least = self._settings.answers.min_evidence
        if heard is None or locate(quote, heard.spoken, min_score=least) is None:
            return "unsupported"
        before, after = (
            set(foreign_terms(plain_text(one), heard.vocabulary)) for one in (order.answer, text)
        )
        return "foreign_terms" if after - before else None


def _cleaned(order: Order, text: str) -> str:
    return clean_answer(text) if order.kind in {"short", "long"} else clean_question(text)
