"""Variants of training rows: which are wanted, and what becomes of the wordings that come back.

Who writes them is another matter: rules (`paraphrase`) or a paid model
(`teacher.variants`) take the same orders and give the same drafts back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, Protocol, get_args

from understudy.records import Dropped, Kind, Record, Row, RowId, VideoId, digest_of
from understudy.settings import AugmentSettings
from understudy.table import Rows, is_kept, named, selected
from understudy.text.language import base

Tone = Literal["casual", "neutral", "formal"]
TONES: tuple[Tone, ...] = get_args(Tone)
SHORTER = 0.7
"""A short answer has at most this share of the characters of the full one."""
LONGER = 1.25
"""A long answer has at least this share of them."""


class Order(Record):
    """One variant that somebody is to write."""

    id: RowId
    """Of the row that it will be: `<source>:p1`, `:s1`, `:l1` or `:b1`."""
    source_id: RowId
    video_id: VideoId
    kind: Kind
    tone: Tone | None = None
    """Of a paraphrase."""
    question: str
    """The source's."""
    answer: str
    """The source's."""


class Draft(Record):
    """What was written for one order: a question or an answer, as its kind has it."""

    id: RowId
    text: str


class Written(Record):
    """What became of orders; each is in exactly one of the two."""

    drafts: tuple[Draft, ...] = ()
    dropped: tuple[Dropped, ...] = ()


class Writer(Protocol):
    """Writes variants."""

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """What determines its drafts beside the orders."""
        ...

    async def write(self, orders: Sequence[Order]) -> Written:
        """Write them, or say why not."""
        ...


def ordered(rows: Rows, settings: AugmentSettings, *, transcribed: Collection[str]) -> list[Order]:
    """Choose the training rows that get variants, and what kinds.

    The choice depends on the seed and a row's id alone; what is among `rows` already is not
    ordered again.

    Args:
        transcribed: Videos with a transcript: a longer answer needs one to keep to.
    """
    present = {row.id for row in rows}
    return [
        order
        for row in rows
        if is_kept(row) and row.part == "train" and row.kind == "original"
        for order in _orders(row, settings, with_transcript=row.video_id in transcribed)
        if order.id not in present
    ]


def _orders(row: Row, settings: AugmentSettings, *, with_transcript: bool) -> Iterator[Order]:
    def chosen(share: float, what: str) -> bool:
        return position(f"{settings.seed}/{what}/{row.id}") < share

    if chosen(settings.share, "p"):
        first = int(position(f"{settings.seed}/tone/{row.id}") * len(TONES))
        for number in range(settings.paraphrases):
            tone = TONES[(first + number) % len(TONES)]
            yield _order(row, f"p{number + 1}", "paraphrase", tone)
    if chosen(settings.short_answers, "s"):
        yield _order(row, "s1", "short")
    if with_transcript and chosen(settings.long_answers, "l"):
        yield _order(row, "l1", "long")
    if chosen(settings.back_translations, "b"):
        yield _order(row, "b1", "back_translation")


def _order(row: Row, suffix: str, kind: Kind, tone: Tone | None = None) -> Order:
    return Order(
        id=f"{row.id}:{suffix}",
        source_id=row.id,
        video_id=row.video_id,
        kind=kind,
        tone=tone,
        question=row.question,
        answer=row.answer,
    )


def position(name: str) -> float:
    """A number in [0, 1) that depends on the name alone."""
    return int(digest_of(name)[:16], 16) / 2**64


def by_source(orders: Iterable[Order], of: Callable[[Order], str]) -> list[list[Order]]:
    """Group orders by video or source, in order of its id; the order inside a group is kept."""
    return [list(group) for _, group in groupby(sorted(orders, key=of), key=of)]


def variant_rows(
    orders: Sequence[Order], drafts: Iterable[Draft], rows: Rows, language: str
) -> Iterator[Row]:
    """Turn drafts into rows of train; nothing is checked yet.

    A short or long answer is asked for in so many words, so that two answers to one question
    have two prompts.
    """
    by_id = {order.id: order for order in orders}
    source = named(selected(rows, is_kept), {order.source_id for order in orders})
    for draft in drafts:
        order = by_id[draft.id]
        yield _variant(source(order.source_id), order, draft.text, language)


def _variant(row: Row, order: Order, text: str, language: str) -> Row:
    wish = _WISHES.get(order.kind)
    changes: dict[str, Any] = {"question": text}
    if wish is not None:
        wished = wish.get(base(language), wish["en"])
        changes = {"question": f"{row.question.rstrip()} {wished}", "answer": text}
    fixed = {"id": order.id, "source_id": row.id, "kind": order.kind}
    return row.model_copy(
        update={**fixed, **changes, "cluster": None, "findings": (), "review": None}
    )


_WISHES: Mapping[Kind, Mapping[str, str]] = {
    "short": {
        "en": "Please answer briefly.",
        "de": "Bitte antworte kurz.",
        "fr": "Réponds brièvement, s'il te plaît.",
        "es": "Responde brevemente, por favor.",
    },
    "long": {
        "en": "Please answer in detail.",
        "de": "Bitte antworte ausführlich.",
        "fr": "Réponds en détail, s'il te plaît.",
        "es": "Responde con detalle, por favor.",
    },
}
