"""Long work watched: a bar in the terminal, a progress artifact in the UI."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.logging import get_run_logger
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

ARTIFACT_EVERY_S = 2.0
"""Between two updates of the artifact: each costs the server 40 ms."""
_BAR_EVERY_S = 0.25


@dataclass(frozen=True)
class Seen:
    """How far the work is."""

    done: int
    total: int
    text: str

    @property
    def percent(self) -> float:
        """Never over 100: what was planned may turn out to be more."""
        return min(100 * self.done / max(self.total, 1), 100.0)


_BAR: ContextVar[Progress | None] = ContextVar("_BAR", default=None)

Look = Callable[[], Seen | None]
"""None as long as there is nothing to show, and for ever where a result is reused."""


@asynccontextmanager
async def watched(key: str, look: Look) -> AsyncGenerator[None]:
    """Show what `look` returns for as long as the block runs, and at its end.

    Args:
        key: Of the artifact, and the bar's name.
    """
    shown = _Artifact(key)
    bar = _bar(key)
    following = asyncio.create_task(_follow(bar, shown, look))
    before = _BAR.set(bar)
    with bar:
        try:
            yield
        finally:
            _BAR.reset(before)
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            if (seen := look()) is not None:
                await shown.show(seen)


@contextmanager
def aside() -> Generator[None]:
    """Take the bar away for as long as something else is printed."""
    bar = _BAR.get()
    if bar is None or bar.disable:
        yield
        return
    bar.stop()
    try:
        yield
    finally:
        bar.start()


async def _follow(bar: Progress, shown: _Artifact, look: Look) -> None:
    line = bar.add_task("", total=None, said="")
    pause = ARTIFACT_EVERY_S if bar.disable else _BAR_EVERY_S
    while True:
        await asyncio.sleep(pause)
        if (seen := look()) is None:
            continue
        bar.update(line, completed=seen.done, total=seen.total or None, said=seen.text)
        if time.monotonic() - shown.at >= ARTIFACT_EVERY_S:
            await shown.show(seen)


@dataclass
class _Artifact:
    key: str
    at: float = field(default_factory=time.monotonic)
    """When it was last looked at for an update."""
    _id: UUID | None = None
    _last: Seen | None = None

    async def show(self, seen: Seen) -> None:
        """Create or update it; what is shown already costs nothing."""
        if seen == self._last:
            return
        self.at, self._last = time.monotonic(), seen
        try:
            await self._send(seen)
        except Exception as error:  # noqa: BLE001  (a picture of the work must never stop the work)
            get_run_logger().debug("the progress of %s could not be shown: %s", self.key, error)

    async def _send(self, seen: Seen) -> None:
        if self._id is None:
            self._id = await acreate_progress_artifact(
                progress=seen.percent, key=self.key, description=seen.text
            )
        else:
            await aupdate_progress_artifact(self._id, progress=seen.percent, description=seen.text)


def _bar(name: str) -> Progress:
    return Progress(
        TextColumn(name),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
        redirect_stdout=False,  # what is piped into a file belongs there and not on the screen
        redirect_stderr=False,
    )
