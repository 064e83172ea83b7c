"""Disks that are full and folders that are read-only, for root alone and in a namespace of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

MOUNTS = ("disk full", "read-only")
NAMESPACE = "UNDERSTUDY_TEST_NAMESPACE"
_SIZE = "64m"


def small_disk(folder: Path) -> None:
    """Put a small file system of its own there, where this process may."""
    folder.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder))


def in_own_namespace() -> bool:
    """Whether what is mounted here goes when this process goes: who starts it so says so."""
    return os.geteuid() == 0 and NAMESPACE in os.environ


@contextmanager
def disk_full(world: Any) -> Generator[Callable[[], None]]:
    """Give a function that fills both file systems; they are emptied at the end."""
    fillers = [folder / "filler" for folder in (world.data, world.models.parent)]

    def fill() -> None:
        for filler in fillers:
            with suppress(OSError), filler.open("wb", buffering=0) as stream:
                while stream.write(b"\0" * 65536):
                    pass

    try:
        yield fill
    finally:
        for filler in fillers:
            filler.unlink(missing_ok=True)


@contextmanager
def read_only(world: Any) -> Generator[Callable[[Path], None]]:
    """Give a function that makes a folder read-only; it is writable again at the end."""
    sealed: list[Path] = []

    def seal(folder: Path) -> None:
        place = next(one for one in (folder, *folder.parents) if one.exists())
        _mount("--bind", str(place), str(place))
        _mount("-o", "remount,bind,ro", str(place))
        sealed.append(place)

    try:
        yield seal
    finally:
        for place in sealed:
            subprocess.run(["umount", "-l", str(place)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
