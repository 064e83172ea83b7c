"""Shared by all tests: where the project lies, and the real data where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"
# The suite runs in two processes: more threads in each would only wait for one another.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# A busy machine is no failing test; half of the usual 100 examples halves the time of 41 tests.
settings.register_profile("understudy", deadline=None, max_examples=50)
settings.load_profile("understudy")

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def real_pairs() -> Path:
    """1,709 real question-answer pairs; not part of the project."""
    path = REAL / "fung_qa.jsonl"
    if not path.exists():
        pytest.skip("the real pairs (shared/data/fung_qa.jsonl) are not on this machine")
    return path


@pytest.fixture(scope="session")
def real_channel() -> Path:
    """24 real transcripts of one speaker; not part of the project."""
    path = REAL / "channel"
    if not path.exists():
        pytest.skip("the real transcripts (shared/data/channel) are not on this machine")
    return path
