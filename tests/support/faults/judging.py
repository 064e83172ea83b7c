"""What is left after a fault: what was lost, what was paid twice, and what the user was told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.faults.plan import Fault
from tests.support.faults.world import Ended, World


@dataclass
class Finding:
    """What became of one fault."""

    id: str
    kind: str
    stage: str
    struck: bool
    """Whether the moment came: a fault that was not planted counts for nothing."""
    skipped: str = ""
    """Why this machine cannot plant it."""
    lost: int = 0
    """Rows of the dataset that were there without the fault."""
    paid_twice: int = 0
    """Calls that were made again although their reply was stored."""
    in_flight: int = 0
    """Calls made again whose reply had not arrived: what no program can prevent."""
    wrong: bool = False
    """Whether dataset, adapter or results differ from the undisturbed line's."""
    traceback: bool = False
    untold: bool = False
    """Whether a run that failed said nothing of what to do."""
    hung: bool = False
    runs: list[tuple[str, int, str]] = field(default_factory=list)
    """Command, exit status and last words."""
    cpu_s: float = 0.0

    @property
    def good(self) -> bool:
        bad = self.lost, self.paid_twice, self.wrong, self.traceback, self.untold, self.hung
        return not any(bad)


class Judge:
    """Compares what is left with the undisturbed line.

    Args:
        fault: About to be planted.
    """

    def __init__(self, world: World, fault: Fault) -> None:
        self.world, self.fault = world, fault
        self.finding = Finding(fault.id, fault.kind, fault.stage, struck=True)
        self._since = len(world.completed())
        self._stored = world.stored()

    def ended(self, command: str, run: Ended, *, advice: Sequence[str] = (), good: bool) -> Ended:
        """Take note of a run.

        Args:
            advice: Of these words one must be in what a run says that fails.
            good: Whether it had to end well.
        """
        found = self.finding
        found.runs.append((command, run.status, run.err.strip()[-400:]))
        found.cpu_s += run.cpu_s
        found.traceback |= run.traceback
        found.hung |= run.hung
        if good:
            found.untold |= run.status != 0
        elif run.status > 0 and advice:
            found.untold |= not any(word in run.said for word in advice)
        return run

    def paid(self) -> None:
        """Count calls of this fault that were made more than once."""
        made = Counter(one["key"] for one in self.world.completed(self._since))
        now = self.world.stored()
        for key, count in made.items():
            before = self._stored[key]
            twice = count if before else max(now[key] - 1, 0)
            self.finding.paid_twice += twice
            self.finding.in_flight += max(count - 1 - twice, 0) if not before else 0

    def same_data(self) -> None:
        """Every file that a stage of the data makes, byte for byte."""
        reference, now = self.world.whole_line.made, self.world.made()
        names = sorted({*reference, *now})
        different = [name for name in names if reference.get(name) != now.get(name)]
        self.finding.wrong |= bool(different)
        if different:
            self.finding.runs.append(("differs", 0, ", ".join(different[:6])))
        self.finding.lost += self._lost_rows()

    def _lost_rows(self) -> int:
        kept = self.world.scratch / "kept" / "build-dataset" / "channel" / "dataset"
        now = self.world.channel / "dataset"
        return sum((_rows(kept) - _rows(now)).values())

    def same_collection(self) -> None:
        """What `collect` makes, byte for byte."""
        reference, now = self.world.whole_line.made, self.world.made()
        names = [one for one in reference if one.startswith(("videos", "transcripts"))]
        self.finding.wrong |= any(reference[name] != now.get(name) for name in names)

    def same_training(self) -> None:
        self._same(self.world.whole_line.trained, self.world.trained())

    def same_verdict(self) -> None:
        self._same(self.world.whole_line.judged, self.world.judged())

    def _same(self, reference: Any, now: Any) -> None:
        if different := sorted(_differences(reference, now, "")):
            self.finding.wrong = True
            self.finding.runs.append(("differs", 0, ", ".join(different[:6])))


def _differences(one: Any, other: Any, place: str) -> Iterator[str]:
    """Where two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {*one, *other}:
            yield from _differences(one.get(key), other.get(key), f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(*pair, f"{place}[{number}]")
    elif one != other:
        yield f"{place}: {one!r:.60} -> {other!r:.60}"


def _rows(datasets: Path) -> Counter[str]:
    """Ids of a channel's newest chat rows."""
    found = sorted(datasets.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        return Counter()
    parts = [found[-1].parent / f"{part}.jsonl" for part in ("train", "valid", "test")]
    lines = [line for part in parts if part.exists() for line in part.read_text().split("\n")[:-1]]
    return Counter(json.loads(line)["id"] for line in lines)
