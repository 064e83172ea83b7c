"""The worker's own process: Prefect's worker, for as long as the parent lives."""

from __future__ import annotations

import sys

from prefect.cli import app

from flows.orphans import end_with


def main(pool: str, parent: int) -> None:
    """Execute what the UI, the schedules and the automations ask for, two runs at a time."""
    end_with(parent)
    sys.argv = ["prefect", "worker", "start", "--pool", pool, "--limit", "2"]
    app()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
