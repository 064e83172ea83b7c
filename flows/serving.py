"""The server's own process: Prefect's API and UI, for as long as the parent lives."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from flows.orphans import end_with
from flows.uncollected import uncollected

_LOOK_EVERY_S = 0.02
_PATIENCE_S = 5.0
"""Without an event handled for so long the rest is given up: something holds it for ever."""


def main(port: int, parent: int) -> None:
    """Serve on loopback until SIGTERM or until the parent is gone."""
    end_with(parent)
    uvicorn.run(
        "flows.serving:app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_keep_alive=5,
    )


def app() -> Any:
    """Prefect's server, which ends when it has handled all events that it was sent.

    Task runs come as events, in a queue that Prefect forgets when it stops: without this, 31 of
    40 were missing of a command that stopped its server right after its flow.
    """
    with uncollected():
        from prefect.server.api.server import create_app
        from prefect.server.utilities.messaging.memory import METRICS

        made = create_app()
    lifespan = made.router.lifespan_context

    @asynccontextmanager
    async def until_all_is_handled(served: Any) -> AsyncGenerator[Any]:
        async with lifespan(served) as state:
            yield state
            await handled(lambda: METRICS["events"])

    made.router.lifespan_context = until_all_is_handled
    return made


async def handled(counts: Callable[[], dict[str, int]], patience_s: float = _PATIENCE_S) -> None:
    """Wait until as many events are consumed as were published, or none any more."""
    last, since = -1, time.monotonic()
    while (now := counts())["consumed"] < now["published"]:
        if now["consumed"] != last:
            last, since = now["consumed"], time.monotonic()
        elif time.monotonic() - since > patience_s:
            return
        await asyncio.sleep(_LOOK_EVERY_S)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
