"""In the process that a fault is planted in: count its operations on files, and act at one of them.

Operations are seen by Python's audit hook and by standing in for `os.write` and `os.fsync`, so a
moment is a place in the work and not a time: the same number hits the same place on any machine.
The product has no part in it. Standard library only: every Python process of a campaign loads this.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

VARIABLE = "UNDERSTUDY_TEST_PLANT"
MODULES = ("understudy.training.run", "understudy.proof.evaluate_child")
"""Of the processes that hold a model."""

_AUDITED = {"os.rename": 1, "os.remove": 0, "os.mkdir": 0, "os.chmod": 0, "os.truncate": 0}
"""Event to the argument that holds the path."""
_LEDGER = "/ledger.jsonl"

Action = Literal["count", "kill", "tear", "signal", "clock", "wait"]


@dataclass(frozen=True)
class Plant:
    """What goes wrong, where and when."""

    places: tuple[str, ...]
    """Parts of paths: operations on others are not counted. `ledger:answers` stands for the
    ledger's lines of that pass."""
    note: str
    """A file that says how many operations there were, and whether the moment came."""
    at: int = 0
    """The operation, from 1."""
    action: Action = "count"
    model: bool = False
    """In the process that holds the model, not in the command's."""
    target: Literal["self", "parent", "both"] = "self"
    number: int = signal.SIGKILL
    delay_s: float = 0.0
    """After the operation was begun; by 0 it never begins."""
    value: float = 0.0
    """Share of a torn write that arrives, or seconds by which the clock jumps."""

    def environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(asdict(self))}


def planted(environment: Mapping[str, str]) -> Plant | None:
    """The plant that a process was started with."""
    told = environment.get(VARIABLE)
    if not told:
        return None
    fields = json.loads(told)
    return Plant(**{**fields, "places": tuple(fields["places"])})


class Watch:
    """Counts the operations of this process and acts at the chosen one."""

    def __init__(self, plant: Plant) -> None:
        self.plant, self.count, self.struck = plant, 0, False
        self.counts: Counter[str] = Counter()
        self._busy = threading.local()
        self._write, self._fsync = os.write, os.fsync

    def install(self) -> None:
        sys.addaudithook(self._audit)
        os.write, os.fsync = self.write, self.fsync
        atexit.register(self.finish)

    def finish(self) -> None:
        """Leave word of what was seen."""
        Path(self.plant.note).write_text(json.dumps({"counts": self.counts, "struck": self.struck}))

    def write(self, handle: int, content: Any) -> int:
        if place := self._place_of(_path_of(handle), bytes(content[:4096])):
            self._next(place, handle, content)
        return self._write(handle, content)

    def fsync(self, handle: int) -> None:
        number = handle if isinstance(handle, int) else handle.fileno()
        if place := self._place_of(_path_of(number)):
            self._next(place)
        self._fsync(handle)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if getattr(self._busy, "now", False):
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int) or not isinstance(flags, int) or not flags & 3:
                return
        elif event in _AUDITED:
            path = arguments[_AUDITED[event]]
        else:
            return
        if isinstance(path, str | bytes | Path) and (place := self._place_of(os.fsdecode(path))):
            self._next(place)

    def _place_of(self, path: str, content: bytes = b"") -> str | None:
        """Which of the places a path belongs to."""
        for place in self.plant.places:
            before, _, kind = place.partition("ledger:")
            if kind and path.endswith(_LEDGER) and f'"kind":"{kind}"'.encode() in content:
                return place
            if before and not path.endswith(_LEDGER) and before in path:
                return place
        return None

    def _next(self, place: str, handle: int | None = None, content: Any = b"") -> None:
        self.count += 1
        self.counts[place] += 1
        if self.count != self.plant.at or self.plant.action == "count":
            return
        self._busy.now = self.struck = True
        try:
            if self.plant.action == "tear" and handle is not None:
                self._write(handle, content[: int(len(content) * self.plant.value)])
            self._act()
        finally:
            self._busy.now = False

    def _act(self) -> None:
        plant = self.plant
        self.finish()
        if plant.action == "clock":
            ctypes.CDLL(None).shift_clock(ctypes.c_long(int(plant.value)))
        elif plant.action == "wait":
            _wait(Path(plant.note))
        elif plant.delay_s:
            threading.Thread(target=self._signal_later, daemon=True).start()
        else:
            self._signal()

    def _signal_later(self) -> None:
        time.sleep(self.plant.delay_s)
        self._signal()

    def _signal(self) -> None:
        number = signal.SIGKILL if self.plant.action in {"kill", "tear"} else self.plant.number
        if self.plant.target in {"parent", "both"}:
            os.kill(os.getppid(), number)
        if self.plant.target in {"self", "both"}:
            os.kill(os.getpid(), number)


def _wait(note: Path) -> None:
    """Say that the moment has come, and go on when told."""
    note.with_suffix(".reached").touch()
    while not note.with_suffix(".go").exists():
        time.sleep(0.005)


def _path_of(handle: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{handle}").readlink())
    except OSError:
        return ""


def install_in_model_process() -> None:
    """For `sitecustomize`: a plant that is meant for a process like this one."""
    plant = planted(os.environ)
    if plant is None or not any(one in sys.orig_argv for one in MODULES):
        return
    if plant.action == "count":
        plant = replace(plant, model=True, note=f"{plant.note}.model")
    if plant.model:
        Watch(plant).install()
