"""What a training says, as progress."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from flows.progress import Seen, watched
from understudy.child import Event


@dataclass
class _Said:
    """The latest of what the training said."""

    done: int = 0
    total: int = 0
    loss: float | None = None
    val_loss: float | None = None
    waiting: str | None = None

    def take(self, event: Event) -> None:
        self.waiting = event["message"] if event["event"] == "waiting" else None
        self.total = int(event.get("updates", self.total))
        if event["event"] in {"resumed", "update"}:
            self.done = int(event["update"])
        elif event["event"] == "metrics":
            self.done = int(event["iteration"])
            self.loss = event["train_loss"] or self.loss
            self.val_loss = event["val_loss"] or self.val_loss

    def seen(self) -> Seen | None:
        if self.waiting is not None:
            return Seen(self.done, self.total, self.waiting)
        return Seen(self.done, self.total, self._text) if self.total else None

    @property
    def _text(self) -> str:
        said = [f"update {self.done} of {self.total}"]
        if self.loss is not None:
            said.append(f"loss {self.loss:.3f}")
        if self.val_loss is not None:
            said.append(f"validation {self.val_loss:.3f}")
        return ", ".join(said)


@asynccontextmanager
async def watching() -> AsyncGenerator[Callable[[Event], None]]:
    """Give a function that takes a training's events, and show them for as long as it runs."""
    said = _Said()

    def watch(event: Event) -> None:
        if event["event"] in {"waiting", "plan", "resumed", "update", "metrics"}:
            said.take(event)

    async with watched("training", said.seen):
        yield watch
