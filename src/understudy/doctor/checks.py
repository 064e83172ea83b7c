"""Judgements: facts in, one line each out. Nothing here looks at the machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from packaging.requirements import Requirement

from understudy.training.footprint import Footprint
from understudy.training.ladder import Rung, named, size

GIB = 2**30
LEAST_MEMORY_GIB = 8
"""Under this a 1B base in 4 bits trains only by swapping."""
LOW_DISK_GIB, TIGHT_DISK_GIB = 2, 10
"""A base in 4 bits is 0.5 to 2 GB, and a run keeps several checkpoints."""
SLOW_GFLOPS = 10
"""The BLAS of mlx's Linux wheel reaches 3, OpenBLAS on two cores 31, measured on one machine."""
PYTHON = (3, 11)

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report."""

    name: str
    status: Status
    found: str
    advice: str = ""
    """What to do; empty where all is well."""


def check_python(version: tuple[int, int, int]) -> Check:
    """Judge the interpreter."""
    text = ".".join(map(str, version))
    if version[:2] < PYTHON:
        return Check("python", "fail", text, "install Python 3.11 or newer and run make setup")
    return Check("python", "ok", text)


def check_platform(system: str, machine: str, chip: str) -> Check:
    """Judge operating system and processor.

    Args:
        system: `Darwin`, `Linux` or another.
    """
    found = f"{system} {machine}, {chip}"
    if system == "Darwin" and machine == "arm64":
        return Check("platform", "ok", found)
    if system == "Darwin":
        return Check(
            "platform",
            "fail",
            found,
            "mlx needs Apple silicon and a Python for arm64: this one is for x86_64",
        )
    if system == "Linux":
        return Check(
            "platform", "ok", found, "without a GPU, train only small bases such as the sample"
        )
    return Check("platform", "fail", found, "mlx runs on macOS with Apple silicon and on Linux")


def check_memory(total: int | None, available: int | None) -> Check:
    """Judge main memory, in bytes; None where the system does not say."""
    if total is None:
        return Check("memory", "warn", "unknown", "look at it in the system's own monitor")
    said = f"{total / GIB:.1f} GiB"
    if available is not None:
        said += f", {available / GIB:.1f} free"
    if total < LEAST_MEMORY_GIB * GIB:
        return Check("memory", "warn", said, "take a small base, batch_size 1 and grad_checkpoint")
    if available is not None and available < total / 4:
        return Check(
            "memory",
            "warn",
            said,
            "close browsers and editors before training: swapping costs a factor of two",
        )
    return Check("memory", "ok", said)


def check_swap(swapped: int | None, total: int | None) -> list[Check]:
    """Judge what is swapped out, in bytes; None where the system does not say."""
    if swapped is None or total is None:
        return []
    said = f"{size(swapped)} swapped out"
    if swapped > total / 8:
        advice = "close what is open, or restart: what trains beside full memory swaps in and out"
        return [Check("swap", "warn", said, advice)]
    return [Check("swap", "ok", said)]


def check_footprint(foreseen: Footprint, room: int, steps: Sequence[Rung]) -> Check:
    """Judge whether a training fits.

    Args:
        room: Bytes that a training can have.
        steps: Down to what fits, where it does not.
    """
    said = (
        f"rows as long as train.max_seq_length take {size(foreseen.peak)} of {size(room)} to train "
        f"(weights {size(foreseen.weights)}, "
        f"adapter {size(foreseen.adapter)}, activations {size(foreseen.activations)}, "
        f"at work {size(foreseen.working)})"
    )
    if not steps:
        return Check("footprint", "ok", said)
    if steps[-1].peak > room:
        advice = f"take a smaller base; not enough: {named(steps)}"
        return Check("footprint", "fail", said, advice)
    return Check("footprint", "fail", said, f"set {named(steps)}")


def check_trial(*, peak: int, update_s: float, updates: int, room: int | None) -> Check:
    """Judge two updates that were trained.

    Args:
        peak: Bytes at their peak.
        update_s: Seconds of one update of the longest rows.
        updates: Of the whole training.
        room: Bytes that a training can have; None where the machine does not say.
    """
    hours = updates * update_s / 3600
    long = f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.0f} min"
    said = (
        f"two updates of the longest rows: {size(peak)} at the peak, {update_s:.1f} s each: at most "
        f"{long} for {updates:,} updates, validation not counted"
    )
    if room is not None and peak > room:
        return Check(
            "trial",
            "warn",
            f"{said}; there are {size(room)}",
            "set train.grad_checkpoint=true, a smaller train.batch_size or a base in 4 bits",
        )
    return Check("trial", "ok", said)


def check_disk(free: int) -> Check:
    """Judge the free bytes where the project lies."""
    said = f"{free / GIB:.1f} GiB free"
    if free < LOW_DISK_GIB * GIB:
        return Check("disk", "fail", said, "make room: checkpoints and the base will not fit")
    if free < TIGHT_DISK_GIB * GIB:
        return Check("disk", "warn", said, "enough for the sample; a larger base may not fit")
    return Check("disk", "ok", said)


def check_packages(requirements: Sequence[str], installed: Mapping[str, str]) -> Check:
    """Hold the installed versions against the project's own bounds.

    Args:
        requirements: As the package's metadata states them.
        installed: Name in lower case to version.
    """
    wrong: list[str] = []
    wanted = [one for one in map(Requirement, requirements) if _applies(one)]
    for one in wanted:
        version = installed.get(one.name.lower())
        if version is None:
            wrong.append(f"{one.name} is missing")
        elif not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} {version} is not {one.specifier}")
    if wrong:
        return Check("packages", "fail", "; ".join(wrong), "run make setup")
    return Check("packages", "ok", f"all {len(wanted)} within their bounds")


def _applies(one: Requirement) -> bool:
    return one.marker is None or one.marker.evaluate({"extra": ""})


def check_prefect(version: str | None, problem: str) -> Check:
    """Judge Prefect by whether it can be imported.

    Args:
        problem: What its import said, where it failed.
    """
    if version is None:
        return Check("prefect", "fail", problem or "not installed", "run make setup")
    return Check("prefect", "ok", f"{version} imports")


def check_mlx(probed: Mapping[str, Any] | None, problem: str) -> list[Check]:
    """Judge mlx by what a child process that used it has said."""
    if probed is None:
        return [Check("mlx", "fail", problem or "it cannot be used", "run make setup")]
    device, info = str(probed["device"]), probed["info"]
    checks = [Check("mlx", "ok", f"{probed['version']} on {device}")]
    working_set = info.get("max_recommended_working_set_size")
    if working_set:
        said = f"{working_set / GIB:.1f} GiB recommended working set"
        checks.append(Check("metal", "ok", said))
    return checks


def check_blas(gflops: float, *, linux_cpu: bool, installed: bool) -> Check | None:
    """Judge the speed of a matrix product; None where mlx does not use a BLAS of ours.

    Args:
        installed: Debian's OpenBLAS is there: training and evaluation then load it by themselves.
    """
    if not linux_cpu:
        return None
    said = f"{gflops:.0f} GFLOP/s in float32"
    if installed and gflops < SLOW_GFLOPS:
        return Check(
            "blas",
            "warn",
            f"{said} although OpenBLAS is installed",
            "look for what else keeps the processor busy: about 15 a core are usual",
        )
    if installed:
        return Check("blas", "ok", f"{said} with OpenBLAS, which training loads by itself")
    return Check(
        "blas",
        "warn",
        f"{said} with the BLAS of mlx's wheel",
        "apt-get install libopenblas0-pthread makes training about ten times as fast",
    )


def check_power(battery: str, settings: str) -> list[Check]:
    """Judge a Mac's power by what `pmset -g batt` and `pmset -g` say."""
    checks: list[Check] = []
    if "'Battery Power'" in battery:
        checks.append(Check("power", "warn", "on battery", "plug in before a training"))
    elif "'AC Power'" in battery:
        checks.append(Check("power", "ok", "plugged in"))
    sleep, display = _minutes(settings, "sleep"), _minutes(settings, "displaysleep")
    if sleep:
        checks.append(
            Check(
                "sleep",
                "warn",
                f"this Mac sleeps after {sleep} min",
                "start long runs with caffeinate -i understudy …",
            )
        )
    if display == 0:
        checks.append(
            Check(
                "display",
                "warn",
                "the display never sleeps",
                "let it sleep during a training: with it on, macOS may end long Metal work",
            )
        )
    return checks


def _minutes(settings: str, name: str) -> int | None:
    found = re.search(rf"^\s*{name}\s+(\d+)", settings, re.MULTILINE)
    return int(found.group(1)) if found else None


def worst(checks: Sequence[Check]) -> Status:
    """The worst status of all."""
    found = {check.status for check in checks}
    if "fail" in found:
        return "fail"
    return "warn" if "warn" in found else "ok"
