"""Which canaries are ranked among which numbers, as the models are asked them."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.canaries import Canary, rivals_of, row_with
from understudy.chat import ChatRow
from understudy.records import Record
from understudy.training.chat import with_system


class Lineup(Record):
    """A training's canaries beside numbers of the same kind that it never saw."""

    canaries: tuple[Canary, ...] = ()
    trained: tuple[ChatRow, ...] = ()
    """A row for each canary."""
    rivals: tuple[ChatRow, ...] = ()

    @property
    def rows(self) -> tuple[ChatRow, ...]:
        return self.trained + self.rivals


def lineup_of(
    canaries: Sequence[Canary], *, seed: int, rivals: int, system_prompt: str | None
) -> Lineup:
    """Put each canary beside `rivals` others; empty for a training without canaries."""
    if not canaries:
        return Lineup()

    def asked(secret: str) -> ChatRow:
        row = row_with(secret)
        return row.model_copy(update={"messages": tuple(with_system(row.messages, system_prompt))})

    return Lineup(
        canaries=tuple(canaries),
        trained=tuple(asked(one.secret) for one in canaries),
        rivals=tuple(map(asked, rivals_of(canaries, seed, rivals))),
    )
