"""The model's server in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def model_server(*arguments: object) -> Generator[str]:
    """Keep a server up and give its address.

    Args:
        arguments: Of `python -m tests.support.openai_server`.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.openai_server", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def state_of(address: str) -> dict[str, Any]:
    """What the server counted so far."""
    with urlopen(f"{address}/state") as reply:
        return json.load(reply)
