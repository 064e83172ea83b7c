"""Ask whether a locked package has a known vulnerability: `python scripts/audit.py`, part of `.ci/run`.

pip-audit asks the advisory database of PyPI, and says "no known vulnerabilities" with status 0 also where
it could look up nothing, as behind a mirror. So its answers are counted: found is a failure, nothing looked
up is said to be skipped, and why.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
LIMIT_S = 300


def looked_up(lock: str) -> list[dict[str, Any]] | str:
    """What pip-audit says of each package of a lock, or why it said nothing."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / lock), "--disable-pip",
               "--format", "json", "--progress-spinner", "off", "--timeout", "10"]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        return json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"it did not end within {LIMIT_S} s"
    except (ValueError, KeyError):
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return last[0][:200]


def judged(lock: str, found: list[dict[str, Any]] | str) -> tuple[bool, str]:
    """Whether the lock may pass, and a line about it."""
    if isinstance(found, str):
        return True, f"{lock}: audit skipped, pip-audit cannot be used here: {found}"
    known = [one for one in found if "vulns" in one]
    bad = [one for one in known if one["vulns"]]
    if bad:
        named = "; ".join(
            f"{one['name']} {one['version']}: {', '.join(each['id'] for each in one['vulns'])}"
            f" (mended in {', '.join(each['fix_versions'][0] for each in one['vulns'] if each['fix_versions']) or 'no version yet'})"
            for one in bad
        )
        return False, f"{lock}: {len(bad)} of {len(known)} packages are vulnerable: {named}"
    if not known:
        return True, (
            f"{lock}: audit skipped, the advisory database answers for none of {len(found)} packages: run "
            "this where pypi.org itself can be reached"
        )
    blind = f", {len(found) - len(known)} could not be looked up" if len(known) < len(found) else ""
    return True, f"{lock}: no known vulnerability in {len(known)} packages{blind}"


def main() -> int:
    verdicts = [judged(lock, looked_up(lock)) for lock in LOCKS]
    for _, line in verdicts:
        print(line)
    return 0 if all(passed for passed, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
