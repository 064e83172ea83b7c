"""The audit of dependencies says "skipped" where nothing was looked up, and fails on what was found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLIND = '{"name": "a", "skip_reason": "Dependency not found on PyPI"}'
CLEAN = '{"name": "b", "version": "1", "vulns": []}'
BAD = '{"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}'


def audited(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run the script with this as pip-audit."""
    (folder / "pip_audit").mkdir()
    (folder / "pip_audit" / "__init__.py").touch()
    (folder / "pip_audit" / "__main__.py").write_text(program, encoding="utf-8")
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "audit.py"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([BLIND, BLIND], 0, "audit skipped, the advisory database answers for none of 2 packages"),
        ([BLIND, CLEAN], 0, "no known vulnerability in 1 packages, 1 could not be looked up"),
        ([CLEAN, BAD, BLIND], 1, "1 of 2 packages are vulnerable: c 2: PYSEC-1 (mended in 3)"),
    ],
)
def test_what_was_looked_up_is_told_from_what_was_not(tmp_path, packages, status, words):
    done = audited(tmp_path, f"print('{{\"dependencies\": [{', '.join(packages)}]}}')")

    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.count(words) == 2  # both locks


def test_an_auditor_that_is_missing_or_broken_is_said(tmp_path):
    done = audited(tmp_path, "import sys; sys.exit('No module named pip_audit')")

    assert done.returncode == 0
    assert "audit skipped, pip-audit cannot be used here: No module named pip_audit" in done.stdout
