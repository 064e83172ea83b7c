"""A quick part of the verdict matrix: planted trainings on the sample, trained for real."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

QUICK = "good,rate_too_small,adapter_zeroed,template_swapped,two_videos"


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_planted_trainings_get_their_verdicts(root):
    command = [sys.executable, "benchmarks/verdict_matrix.py", "--seeds", "1", "--only", QUICK]

    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])["figures"]
    assert figures["right_share"] == 1, done.stdout
    assert figures["cases"] == QUICK.count(",") + 1
