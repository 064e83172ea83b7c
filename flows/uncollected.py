"""Imports without the garbage collector, which looks through all classes again and again."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """Let what the block makes stay for good.

    Prefect's server is up after two thirds of the time: its two thousand modules are no garbage,
    and each full collection goes through all that were imported before.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
