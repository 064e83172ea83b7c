"""What the variants will cost, from the very calls that would be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from understudy.settings import Settings
from understudy.teacher.calling.calls import Call
from understudy.teacher.money.quote import ANSWER_TOKENS, QUESTION_TOKENS
from understudy.teacher.money.reckoning import Shelf
from understudy.teacher.prompts import Prompt
from understudy.teacher.variants import Item, augmenting, call_of, item_of
from understudy.variants import LONGER, SHORTER, Order, by_source


def variant_calls(
    orders: Sequence[Order],
    settings: Settings,
    prompt: Prompt,
    shelf: Shelf,
    paid: Callable[[Call], bool],
) -> Iterator[tuple[Call, int]]:
    """The calls that write these variants and are still to be paid, with the tokens of their replies.

    Args:
        shelf: Finds transcripts, for longer answers.
        paid: Whether the ledger holds a call.
    """
    for group in by_source(orders, lambda order: order.video_id):
        yield from _of_video(group, settings, prompt, shelf, paid)


def _of_video(
    orders: Sequence[Order],
    settings: Settings,
    prompt: Prompt,
    shelf: Shelf,
    paid: Callable[[Call], bool],
) -> Iterator[tuple[Call, int]]:
    teacher = augmenting(settings)
    items = [item_of(order, settings.augment.pivot_language) for order in orders]
    others = [item for item in items if item.order.kind != "long"]
    long = [item for item in items if item.order.kind == "long"]
    back = [item for item in others if item.order.kind == "back_translation"]
    if others and not paid(call := call_of(others, prompt, teacher, None)):
        yield call, sum(map(_tokens, others))
        if back:
            yield call_of(back, prompt, teacher, None), sum(map(_tokens, back))
    if long and not paid(call := call_of(long, prompt, teacher, shelf(orders[0].video_id))):
        yield call, sum(map(_tokens, long))


def _tokens(item: Item) -> int:
    """Of one variant in a reply, its label and JSON included."""
    kind = item.order.kind
    if kind not in {"short", "long"}:
        return QUESTION_TOKENS
    share = SHORTER if kind == "short" else LONGER
    return round(ANSWER_TOKENS * share)
