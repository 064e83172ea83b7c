"""Send what Prefect's client has queued: it sends task runs and logs from background threads."""

from __future__ import annotations

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker


def flush(limit_s: float = 20) -> None:
    """Send what is queued here. The server records it in its own time, at the latest when it is
    stopped (`flows.serving`).
    """
    EventsWorker.drain_all(timeout=limit_s)
    APILogWorker.drain_all(timeout=limit_s)
