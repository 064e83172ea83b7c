"""What the process that serves a run is told."""

from __future__ import annotations

from pathlib import Path

from understudy.records import Record


class ServeSpec(Record):
    """One run at one port of this machine."""

    base: Path
    adapter: Path
    system_prompt: str | None
    port: int
    max_tokens: int
    """Where a request names none."""
