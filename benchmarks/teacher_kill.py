"""Kill -9 at twenty random moments of a 400-call run, and count on the server's side.

A call counts as repeated when the server completed it again although its reply
was in the client's ledger. Those whose reply the killed process had not stored
were in flight: at most the concurrency at each kill.
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
            "most_in_flight_of_a_kill": found.most_in_flight,
            "concurrency": CONCURRENT,
            "completed": found.completed,
            "answers": found.totals["answers"],
        },
    )


if __name__ == "__main__":
    main()
