"""A training watched: a bar in the terminal, an artifact in the UI."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from understudy.child import Event

_EVERY_S = 2.0
"""Between two updates of the artifact: each costs the server 40 ms."""


@dataclass
class _Seen:
    """The latest of what the training said."""

    done: int = 0
    total: int = 0
    loss: float | None = None
    val_loss: float | None = None

    def take(self, event: Event) -> None:
        self.total = int(event.get("updates", self.total))
        if event["event"] == "update":
            self.done = int(event["update"])
        elif event["event"] == "metrics":
            self.done = int(event["iteration"])
            self.loss = event["train_loss"] or self.loss
            self.val_loss = event["val_loss"] or self.val_loss

    @property
    def text(self) -> str:
        said = [f"update {self.done} of {self.total}"]
        if self.loss is not None:
            said.append(f"loss {self.loss:.3f}")
        if self.val_loss is not None:
            said.append(f"validation {self.val_loss:.3f}")
        return ", ".join(said)


@asynccontextmanager
async def watching() -> AsyncGenerator[Callable[[Event], None]]:
    """Give a function that takes a training's events, and show them for as long as it runs."""
    seen = _Seen()
    bar = _bar()
    line: TaskID = bar.add_task("training", total=None, said="")
    mirror = asyncio.create_task(_mirror(seen))

    def watch(event: Event) -> None:
        if event["event"] in {"plan", "update", "metrics"}:
            seen.take(event)
            bar.update(line, completed=seen.done, total=seen.total or None, said=seen.text)

    with bar:
        try:
            yield watch
        finally:
            mirror.cancel()
            with suppress(asyncio.CancelledError):
                await mirror


def _bar() -> Progress:
    return Progress(
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


async def _mirror(seen: _Seen) -> None:
    """Keep the artifact in step until cancelled; nothing is shown for a run that is reused."""
    artifact: UUID | None = None
    shown = ""
    try:
        while True:
            await asyncio.sleep(_EVERY_S)
            if seen.text != shown and seen.total:
                shown, artifact = seen.text, await _show(artifact, seen)
    finally:
        if artifact is not None and seen.text != shown:
            await _show(artifact, seen)


async def _show(artifact: UUID | None, seen: _Seen) -> UUID:
    share = 100 * seen.done / seen.total
    if artifact is None:
        return await acreate_progress_artifact(
            progress=share, key="training", description=seen.text
        )
    await aupdate_progress_artifact(artifact, progress=share, description=seen.text)
    return artifact
