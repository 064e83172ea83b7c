"""A list of items in one call, and once more what the reply left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol, TypeVar

from understudy.errors import TeacherReplyError
from understudy.records import DropReason


class Labelled(Protocol):
    """An entry of a reply that names what it belongs to."""

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Labelled)


async def ask_for(
    labels: Sequence[str], ask: Callable[[Collection[str]], Awaitable[Sequence[R]]]
) -> tuple[dict[str, R], DropReason]:
    """Ask for labelled entries, and a second time for those that did not come.

    An entry that comes twice in one reply counts as not there: nobody knows which one is meant.

    Args:
        ask: Makes one call for some of the labels.

    Returns:
        What came, by label, and why the rest did not.

    Raises:
        TeacherError: Nothing can go on. A reply that cannot be used is no such case.
    """
    found: dict[str, R] = {}
    for _ in range(2):
        left = [label for label in labels if label not in found]
        if not left:
            break
        try:
            found |= once_each(await ask(left), left)
        except TeacherReplyError as error:
            return found, error.reason  # pyright: ignore[reportReturnType]  (one of them)
    return found, "missing"


def once_each(entries: Sequence[R], labels: Collection[str]) -> dict[str, R]:
    """The entries whose label was asked for and came exactly once."""
    found: dict[str, R] = {}
    twice: set[str] = set()
    for entry in entries:
        if entry.id in found:
            twice.add(entry.id)
        if entry.id in labels:
            found[entry.id] = entry
    return {label: entry for label, entry in found.items() if label not in twice}
