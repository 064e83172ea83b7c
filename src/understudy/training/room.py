"""How much memory there is to train in, asked without loading mlx."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from understudy.settings import TrainSettings

_GB = 1_000_000_000


def room_of_device(settings: TrainSettings, info: Mapping[str, Any]) -> int | None:
    """Bytes that a training may take; None where nobody says.

    Args:
        info: What mlx knows of its device: on Metal the working set that macOS recommends, on CUDA
            the memory of the card.
    """
    if settings.memory.limit_gb is not None:
        return round(settings.memory.limit_gb * _GB)
    for name in ("max_recommended_working_set_size", "total_memory"):
        if isinstance(info.get(name), int):
            return int(info[name])
    return room_for_training()


def room_for_training() -> int | None:
    """The same without mlx.

    macOS recommends that the GPU work within two thirds of 16 GB.
    """
    if sys.platform == "darwin":
        whole = total_memory()
        return whole * 2 // 3 if whole else None
    return available_memory()


def total_memory() -> int | None:
    """Bytes of main memory, or of the container's share of it."""
    with suppress(ValueError, OSError):
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return min(whole, _container_limit() or whole)
    return None


def available_memory() -> int | None:
    """Bytes that a program can have without swapping; None where the system does not say."""
    if sys.platform == "darwin":
        level, whole = said("sysctl", "-n", "kern.memorystatus_level"), total_memory()
        return whole * int(level) // 100 if level.isdigit() and whole else None
    free = _meminfo().get("MemAvailable")
    return None if free is None else min(free, _container_limit() or free)


def swapped() -> int | None:
    """Bytes that are swapped out; None where the system does not say."""
    if sys.platform == "darwin":
        return parse_swapusage(said("sysctl", "-n", "vm.swapusage"))
    found = _meminfo()
    if "SwapTotal" in found and "SwapFree" in found:
        return found["SwapTotal"] - found["SwapFree"]
    return None


def parse_swapusage(text: str) -> int | None:
    """`total = 2048.00M  used = 1034.25M  free = …` to the bytes used."""
    found = re.search(r"used = ([\d.]+)([KMG])", text)
    if found is None:
        return None
    return round(float(found[1]) * 1024 ** " KMG".index(found[2]))


def _meminfo() -> dict[str, int]:
    with suppress(OSError):
        lines = re.findall(r"^(\w+):\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        return {name: int(count) * 1024 for name, count in lines}
    return {}


def _container_limit() -> int | None:
    with suppress(OSError, ValueError):
        return int(Path("/sys/fs/cgroup/memory.max").read_text())
    return None


def said(*command: str) -> str:
    """What a system tool prints; nothing where it is missing."""
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        return done.stdout.strip()
    return ""
