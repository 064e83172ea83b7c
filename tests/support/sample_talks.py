"""The embedded sample's transcripts as records, with the times that they have."""

from __future__ import annotations

import json
from pathlib import Path

from understudy.records import Segment, Transcript


def read_sample(root: Path) -> list[Transcript]:
    """Read `data/sample`, in the order of the file names."""
    return [_transcript(path) for path in sorted((root / "data" / "sample").glob("*.json"))]


def _transcript(path: Path) -> Transcript:
    said = json.loads(path.read_text(encoding="utf-8"))
    return Transcript(
        video_id=said["video_id"],
        title=said["title"],
        language="en",
        origin="local",
        timing="measured",
        duration_s=said["duration_s"],
        segments=tuple(
            Segment(start=one["start"], end=one["start"] + one["duration"], text=one["text"])
            for one in said["segments"]
        ),
    )
