"""Facts about this machine, each gathered without changing it and without the network."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from understudy.blas import fast_blas
from understudy.child import child_environment
from understudy.doctor import checks
from understudy.doctor.checks import Check
from understudy.training.room import available_memory, said, swapped, total_memory

_PATIENCE_S = 120
"""For a child: a cold import of Prefect takes half a minute on a slow disk."""


@dataclass(frozen=True)
class Mlx:
    """What mlx says of itself."""

    said: Mapping[str, Any] | None
    """See `understudy.training.probe`; None where it cannot be used."""
    problem: str

    @property
    def device(self) -> Mapping[str, Any]:
        """What it knows of its device."""
        return self.said["info"] if self.said else {}


def ask_mlx() -> Mlx:
    """Have a child use mlx: the command itself does not load it."""
    said, problem = _asked("from understudy.training.probe import main; main()")
    return Mlx(json.loads(said) if said else None, problem)


def examine(root: Path | None, mlx: Mlx) -> list[Check]:
    """Look at this machine.

    Args:
        root: Of the project, for the free disk; the current folder where there is none.
    """
    return [
        checks.check_python(sys.version_info[:3]),
        checks.check_platform(platform.system(), platform.machine(), chip()),
        checks.check_memory(total_memory(), available_memory()),
        *checks.check_swap(swapped(), total_memory()),
        checks.check_disk(shutil.disk_usage(root or Path.cwd()).free),
        _packages(),
        checks.check_prefect(*_asked("import prefect; print(prefect.__version__)")),
        *_mlx(mlx),
        *(_power() if sys.platform == "darwin" else ()),
    ]


def _packages() -> Check:
    requirements = metadata.requires("understudy") or []
    installed = {
        one.metadata["Name"].lower(): one.version
        for one in metadata.distributions()
        if one.metadata["Name"]
    }
    return checks.check_packages(requirements, installed)


def _mlx(mlx: Mlx) -> list[Check]:
    found = checks.check_mlx(mlx.said, mlx.problem)
    if mlx.said is not None:
        linux_cpu = sys.platform.startswith("linux") and "cpu" in str(mlx.said["device"])
        blas = checks.check_blas(
            float(mlx.said["gflops"]), linux_cpu=linux_cpu, installed=fast_blas() is not None
        )
        found += [blas] if blas else []
    return found


def _asked(code: str) -> tuple[str | None, str]:
    """The last line that a child with this code prints, or None and what it said instead.

    In a child, because the command itself loads neither Prefect nor mlx, and mlx may abort.
    """
    try:
        with TemporaryDirectory() as home:  # importing Prefect makes its home, ~/.prefect otherwise
            done = subprocess.run(
                [sys.executable, "-c", code],
                env={**child_environment(), "DO_NOT_TRACK": "1", "PREFECT_HOME": home},
                capture_output=True,
                text=True,
                timeout=_PATIENCE_S,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"{type(error).__name__} in a child process"
    lines = done.stdout.split("\n")
    said = next((line for line in reversed(lines) if line.strip()), "")
    if done.returncode == 0 and said:
        return said, ""
    errors = done.stderr.strip().splitlines()
    return None, (errors[-1] if errors else f"a child ended with status {done.returncode}")[:300]


def chip() -> str:
    """The processor's name."""
    if sys.platform == "darwin":
        return said("sysctl", "-n", "machdep.cpu.brand_string") or "unknown chip"
    with suppress(OSError):
        found = re.search(
            r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE
        )
        if found:
            return f"{found.group(1)}, {os.cpu_count()} cores"
    return platform.processor() or "unknown chip"


def _power() -> list[Check]:
    return checks.check_power(said("pmset", "-g", "batt"), said("pmset", "-g"))
