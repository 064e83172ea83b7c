"""Every file that a real run leaves has its description in docs/DATA.md."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.project import CHECKOUT, QUICK, TestProject

COMMITTED = {"sample", "sample-base"}


def described() -> list[re.Pattern[str]]:
    """Names in the headings of DATA.md, as patterns."""
    text = (CHECKOUT / "docs" / "DATA.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#.*$", text, re.MULTILINE)
    names = {Path(name).name for line in headings for name in re.findall(r"`([^`]+)`", line)}
    return [
        re.compile(
            re.escape(name)
            .replace(re.escape("<video id>"), r"[A-Za-z0-9_-]+")
            .replace(re.escape("<digest>"), r"[0-9a-f]{12}")
        )
        for name in names
    ]


def test_every_file_of_a_run_has_its_description(project: TestProject) -> None:
    ran = project.run("pipeline", "--config", "config/demo.yaml", settings=QUICK)
    assert ran.status == 0, ran.said

    known = described()
    left = [
        path.relative_to(project.root)
        for folder in ("data", "models")
        for path in (project.root / folder).rglob("*")
        if path.is_file()
    ]
    unknown = [
        str(path)
        for path in left
        if path.parts[1] not in COMMITTED
        and not any(part.startswith(".") for part in path.parts)
        and not any(pattern.fullmatch(path.name) for pattern in known)
    ]

    assert len(left) > 30
    assert unknown == []
