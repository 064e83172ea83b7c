"""What every benchmark prints: one JSON line with figures, machine and commit."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
"""Benchmarks share the tests' helpers, which are not installed."""


def report(name: str, figures: dict[str, Any]) -> None:
    """Print the result as the last line."""
    machine = {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps({"bench": name, "figures": figures, "machine": machine, "commit": commit()}))


def commit() -> str:
    """The checkout's commit, with a mark where files have changed since."""
    head = _git("rev-parse", "--short=12", "HEAD")
    return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
