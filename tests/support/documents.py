"""The commands that a document tells its reader to type."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(name: str) -> list[str]:
    """Every line of a document's bash blocks, in order, without comments; continued lines are one.

    Args:
        name: Relative to the project, such as `README.md`.
    """
    text = (ROOT / name).read_text(encoding="utf-8")
    joined = "\n".join(_BLOCK.findall(text)).replace("\\\n", " ")
    bare = (re.sub(r"\s+#.*$|^#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in bare if line]


def understudy_arguments(line: str) -> list[str] | None:
    """What a line, or a part of its pipe, gives to `understudy`; None where it calls none."""
    for part in line.split(" | "):
        words = shlex.split(part)
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words = words[1:]
        if words and Path(words[0]).name == "understudy":
            return words[1:]
    return None
