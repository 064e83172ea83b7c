"""Kill -9 during the teacher's passes: what was completed is not paid twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.killing import kill_run


@pytest.mark.timeout(120)
def test_no_completed_call_is_made_again_after_a_kill(tmp_path: Path) -> None:
    found = kill_run(tmp_path, kills=4, videos=30, latency=0.05, concurrent=4, seed=1)

    assert found.kills >= 3
    assert found.repeated == 0
    assert found.most_in_flight <= 4
    assert found.totals["answers"] == 90
    assert found.totals["reused"] > 0
