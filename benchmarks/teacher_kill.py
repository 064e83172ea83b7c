"""Kill -9 at twenty random moments of a 400-call run, and count on the server's side.

A call counts as repeated when the server completed it twice and its first
completion was not within a tenth of a second of a kill: those were in flight.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from frame import report

from tests.support.killing import kill_run

KILLS, VIDEOS, CONCURRENT = 20, 200, 20


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = kill_run(
            Path(folder), kills=KILLS, videos=VIDEOS, latency=0.2, concurrent=CONCURRENT, seed=1
        )
    report(
        "teacher-kill",
        {
            "kills": found.kills,
            "completed_calls_repeated": found.repeated,
            "in_flight_repeated": found.in_flight,
            "in_flight_allowed": found.kills * CONCURRENT,
            "completed": found.completed,
            "answers": found.totals["answers"],
        },
    )


if __name__ == "__main__":
    main()
