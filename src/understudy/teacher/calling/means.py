"""What an engine works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from understudy.teacher.calling.failures import Endpoint
from understudy.teacher.calling.quarantine import Quarantine
from understudy.teacher.calling.tally import Randomness
from understudy.teacher.money.ledger import Ledger
from understudy.teacher.money.pricing import Meter

if TYPE_CHECKING:  # an engine is known to many that never make a call
    import httpx2
    from openai import AsyncOpenAI

Note = Callable[[str], None]
"""Takes a line for whoever looks on."""


def unheard(line: str) -> None:
    """For lines that nobody waits for."""


@dataclass(frozen=True)
class Means:
    """One run's client, ledger and purse."""

    client: AsyncOpenAI
    """With its own retries off."""
    http: httpx2.AsyncClient
    """The client's connections."""
    endpoint: Endpoint
    """What messages and the ledger call the server; holds no key."""
    channel: str
    """Who pays, for the ledger."""
    ledger: Ledger
    meter: Meter
    quarantine: Quarantine
    chance: Randomness = field(default_factory=Randomness)
    again: Note = unheard
    """Told, where the call is waited for, that it is made again, when and why."""
