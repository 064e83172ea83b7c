"""The `understudy` command inside the test's own process, on a project of its own."""

from __future__ import annotations

import io
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from understudy.artifacts import write_json, write_jsonl
from understudy.cli import main as cli
from understudy.records import Transcript, Video
from understudy.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    status: int
    out: str
    err: str


def command(root: Path, *arguments: object, typed: str = "") -> Said:
    """Call the command as the console script does.

    Args:
        typed: What stands on its standard input.
    """
    out, err, path = io.StringIO(), io.StringIO(), list(sys.path)
    argv = ["understudy", "--root", str(root), *map(str, arguments)]
    status: object = 0
    with (
        patch.object(sys, "argv", argv),
        patch.object(sys, "stdin", io.StringIO(typed)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code or 0
    sys.path[:] = path
    assert isinstance(status, int)
    return Said(status, out.getvalue(), err.getvalue())


def make_root(folder: Path) -> Path:
    """A project with the real configuration and no code."""
    for name in ("flows", "tasks"):
        (folder / name).mkdir()
    (folder / "prefect.yaml").touch()
    shutil.copytree(ROOT / "config", folder / "config")
    return folder


def shelve(root: Path, talks: list[Transcript], channel: str = "demo") -> Workspace:
    """Put transcripts where `understudy collect` would put them."""
    workspace = Workspace(root, channel)
    videos = [
        Video(video_id=one.video_id, title=one.title, origin="folder", status="transcribed")
        for one in talks
    ]
    write_jsonl(workspace.videos, videos)
    for one in talks:
        write_json(workspace.transcript(one.video_id), one)
    return workspace
