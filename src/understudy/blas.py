"""What multiplies matrices on a CPU: mlx's Linux wheel links a reference BLAS that reaches 3 GFLOP/s.

OpenBLAS knows processors by their numbers, and gives one that is newer than itself
the kernels of 2004: Debian 12's reached 27 GFLOP/s on an Emerald Rapids, and 111
when told what that processor can do. So it is told.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_VARIABLE = "OPENBLAS_CORETYPE"
_CPUINFO = Path("/proc/cpuinfo")

_KERNELS = {
    "SkylakeX": {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"},
    "Haswell": {"avx2", "fma"},
}
"""OpenBLAS's names for what a processor must be able to do, fastest first."""


def fast_blas() -> Path | None:
    """Debian's OpenBLAS, where this is Linux and it is installed."""
    if not sys.platform.startswith("linux"):
        return None
    return next(iter(sorted(Path("/usr/lib").glob("*/openblas-pthread/libblas.so.3"))), None)


def blas_name() -> str:
    """What `run_metadata.json` says of it: sums round by its kernels."""
    if not sys.platform.startswith("linux"):
        return "system"
    return " ".join(["openblas", *kernels().values()]) if fast_blas() else "reference"


def kernels() -> dict[str, str]:
    """The variable that names OpenBLAS's kernels; empty where it chooses by itself."""
    told = os.environ.get(_VARIABLE)
    if told is None and _CPUINFO.is_file():
        told = fastest_kernels(_CPUINFO.read_text(encoding="utf-8", errors="replace"))
    return {_VARIABLE: told} if told else {}


def fastest_kernels(cpuinfo: str) -> str | None:
    """The fastest of OpenBLAS's kernels that a processor can run.

    Args:
        cpuinfo: As Linux gives it. Other processors than x86 have no line `flags`.
    """
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    flags = next((set(told.split()) for name, _, told in lines if name.strip() == "flags"), set())
    return next((name for name, needed in _KERNELS.items() if needed <= flags), None)
