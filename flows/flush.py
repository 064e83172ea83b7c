"""See that everything a command did is recorded before its server goes.

Prefect's client sends task runs and logs from background threads, and its
server writes them in batches: without this 31 of 40 task runs were missing when
the server got its SIGTERM right after the flow.
"""

from __future__ import annotations

import time
from typing import Any

from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

_QUIET_S = 1.6
"""Longer than the server's flush interval in `flows.home`, and the write after it."""


def flush(limit_s: float = 20) -> bool:
    """Send what is queued here, then wait until the server has written all of it.

    Returns:
        Whether the server came to rest within the limit.
    """
    drain(limit_s)
    deadline = time.monotonic() + limit_s
    with get_client(sync_client=True) as client:
        last, since = _counts(client), time.monotonic()
        while time.monotonic() < deadline:
            # Runs that an earlier kill left Running never end: they cost patience, not for ever.
            patience = _QUIET_S if last[1] == 0 else 3 * _QUIET_S
            if time.monotonic() - since > patience:
                return True
            time.sleep(0.2)
            now = _counts(client)
            if now != last:
                last, since = now, time.monotonic()
    return False


def drain(limit_s: float = 20) -> None:
    """Send what is queued here. That is all that a server needs which goes on running."""
    EventsWorker.drain_all(timeout=limit_s)
    APILogWorker.drain_all(timeout=limit_s)


def _counts(client: Any) -> tuple[int, int]:
    """Return how many task runs the server knows and how many of them have not ended."""
    unfinished = {"task_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}}
    total = client.request("POST", "/task_runs/count", json={}).json()
    return int(total), int(client.request("POST", "/task_runs/count", json=unfinished).json())
