"""Where what is made from several runs lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from understudy.records import digest_of


def comparison_path(root: Path, ids: Sequence[str]) -> Path:
    """`models/comparisons/<digest>.html`, the same for the same runs in the same order."""
    return root / "models" / "comparisons" / f"{digest_of(' '.join(ids))[:12]}.html"
