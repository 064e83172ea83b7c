"""Where things lie: the project's root and one channel's folders in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from understudy.errors import ProjectError
from understudy.records import checked_video_id

ROOT_VARIABLE = "UNDERSTUDY_ROOT"
_MARKS = ("prefect.yaml", "flows", "tasks", "config")


def find_root(start: Path, override: str | None = None) -> Path:
    """Find the checkout that `start` lies in.

    Args:
        override: A folder to take instead, from `--root`.

    Raises:
        ProjectError: There is none; says what was looked for.
    """
    named = override or os.environ.get(ROOT_VARIABLE)
    if named:
        folder = Path(named).expanduser().resolve()
        if not _is_root(folder):
            raise ProjectError(f"{folder} is no understudy project: it lacks {', '.join(_MARKS)}")
        return folder
    for folder in (start.resolve(), *start.resolve().parents):
        if _is_root(folder):
            return folder
    raise ProjectError(
        f"no understudy project at {start} or above it (looked for {', '.join(_MARKS)}). "
        f"Go to your checkout, or name it with --root or {ROOT_VARIABLE}"
    )


def _is_root(folder: Path) -> bool:
    return all((folder / mark).exists() for mark in _MARKS)


@dataclass(frozen=True)
class Workspace:
    """One channel's folders. Ids become paths here and nowhere else."""

    root: Path
    channel: str

    @property
    def data(self) -> Path:
        return self.root / "data" / self.channel

    @property
    def lock(self) -> Path:
        """Held by the run that works on this channel."""
        return self.data / ".lock"

    @property
    def models(self) -> Path:
        return self.root / "models" / self.channel

    @property
    def videos(self) -> Path:
        return self.data / "videos.jsonl"

    @property
    def watched(self) -> Path:
        """What the looks at the channel have to remember."""
        return self.data / "watch.json"

    @property
    def imports(self) -> Path:
        """Bundles of imported pairs, `<digest>.jsonl`, one `Answer` a line."""
        return self.data / "imports"

    @property
    def ledger(self) -> Path:
        """Completed teacher calls, of all channels: a call that is the same is paid once."""
        return self.root / "data" / "ledger.jsonl"

    @property
    def batches(self) -> Path:
        """Batch jobs at the teacher's provider, of all channels, as the ledger is."""
        return self.root / "data" / "batches"

    @property
    def bill(self) -> Path:
        """What the newest run that asked a paid teacher cost, and was quoted at."""
        return self.data / "teacher_bill.json"

    @property
    def augment_bill(self) -> Path:
        """What the newest run that had variants written by a paid teacher cost."""
        return self.data / "augment_bill.json"

    @property
    def audit_bill(self) -> Path:
        """What the newest run that had rows judged by a paid teacher cost."""
        return self.data / "audit_bill.json"

    @property
    def judge_bill(self) -> Path:
        """What the newest evaluation that had answers compared by a paid judge cost."""
        return self.data / "judge_bill.json"

    @property
    def stages(self) -> Path:
        """Folders of the set-wide stages between answers and dataset."""
        return self.data / "stages"

    @property
    def datasets(self) -> Path:
        return self.data / "dataset"

    def transcript(self, video_id: str) -> Path:
        return self.data / "transcripts" / f"{checked_video_id(video_id)}.json"

    def questions(self, video_id: str) -> Path:
        return self.data / "questions" / f"{checked_video_id(video_id)}.json"

    def answers(self, video_id: str) -> Path:
        return self.data / "answers" / f"{checked_video_id(video_id)}.json"

    def relative(self, path: Path) -> str:
        """The path as messages and metadata show it: no machine's own folders."""
        return relative(self.root, path)


def relative(root: Path, path: Path) -> str:
    """A path in the project without the machine's own folders; of another, its name."""
    try:
        return str(path.resolve().relative_to(root))
    except ValueError:
        return path.name


def inside(root: Path, named: str) -> Path | None:
    """The place of that name in the project; None where it leads out of it, links followed."""
    found = (root / named).resolve()
    return found if found.is_relative_to(root.resolve()) else None


def child(folder: Path, named: str) -> Path | None:
    """The folder of that name, or of a path's last part, directly under this one."""
    try:
        found = (folder / Path(named).name).resolve()
        there = found.is_dir()
    except (OSError, ValueError):  # no file system takes such a name
        return None
    return found if there and found.parent == folder.resolve() else None
