"""Faults planted into the real command, one after the other: what is lost, what is paid twice?

    python benchmarks/faults.py --folder work --results results.jsonl --count 20

Goes on where the last piece ended, so that a campaign fits between other work. Without
`--results` all faults run in one go.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from frame import report

from tests.support.faults.judging import Finding
from tests.support.faults.mounts import NAMESPACE
from tests.support.faults.plan import kinds, plan
from tests.support.faults.striking import strike
from tests.support.faults.world import open_world


def main() -> None:
    given = _arguments()
    _into_own_namespace()
    found = _read(given.results)
    done = {one.id for one in found}
    wanted = [
        fault
        for fault in plan(given.seed)
        if fault.id not in done
        and (not given.kind or fault.kind in given.kind)
        and (not given.id or fault.id in given.id)
    ]
    chosen = [] if given.show else wanted[: given.count or None]
    if chosen:
        with _folder(given.folder) as folder, open_world(folder) as world:
            for fault in chosen:
                one = strike(world, fault)
                found.append(one)
                _tell(one, given.results)
    _show(found)
    _report(found, left=len(wanted) - len(chosen), seed=given.seed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=0, help="at most so many; 0: all")
    parser.add_argument("--kind", action="append", choices=list(dict.fromkeys(kinds())))
    parser.add_argument("--id", action="append", help="this fault; may come often")
    parser.add_argument("--folder", type=Path, help="keeps the undisturbed line between pieces")
    parser.add_argument("--results", type=Path, help="JSON lines, to go on with later")
    parser.add_argument("--show", action="store_true", help="what is there; plant nothing")
    return parser.parse_args()


@contextmanager
def _folder(named: Path | None) -> Generator[Path]:
    """A folder for the campaign's project: what a piece before this one made is thrown away, but
    for the undisturbed line that all pieces are compared with.
    """
    if named is None:
        with tempfile.TemporaryDirectory() as made:
            yield Path(made)
        return
    named.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(named / "project", ignore_errors=True)
    yield named.absolute()


def _into_own_namespace() -> None:
    """As root, start again where mounts are our own and go with us."""
    unshare = shutil.which("unshare")
    if os.geteuid() == 0 and unshare and NAMESPACE not in os.environ:
        os.environ[NAMESPACE] = "1"
        os.execv(unshare, [unshare, "--mount", sys.executable, *sys.argv])


def _read(results: Path | None) -> list[Finding]:
    if results is None or not results.exists():
        return []
    return [Finding(**json.loads(line)) for line in results.read_text().splitlines()]


def _tell(one: Finding, results: Path | None) -> None:
    state = "ok" if one.good else "WEAK"
    if not one.struck:
        state = f"not planted {one.skipped}"
    print(f"{one.id:<32} {state}", flush=True)
    if not one.good:
        print(json.dumps(asdict(one), indent=1), flush=True)
    if results is not None:
        with results.open("a") as stream:
            stream.write(json.dumps(asdict(one)) + "\n")


def _show(found: list[Finding]) -> None:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for one in found:
        damaged = one.kind in {"truncated", "garbled", "swapped"}
        groups[one.kind, "a file" if damaged else one.stage].append(one)
    print(
        "| fault | stage | planted | lost | paid twice | in flight | wrong | tracebacks | untold |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for (kind, stage), all_of in groups.items():
        cells = (kind, stage, *_sums([one for one in all_of if one.struck]).values())
        print("| " + " | ".join(map(str, cells)) + " |")


def _sums(found: list[Finding]) -> dict[str, int]:
    return {
        "faults": len(found),
        "lost": sum(one.lost for one in found),
        "paid_twice": sum(one.paid_twice for one in found),
        "in_flight_repeated": sum(one.in_flight for one in found),
        "wrong_datasets": sum(one.wrong for one in found),
        "tracebacks": sum(one.traceback for one in found),
        "untold": sum(one.untold or one.hung for one in found),
    }


def _report(found: list[Finding], *, left: int, seed: int) -> None:
    figures: dict[str, Any] = _sums([one for one in found if one.struck])
    skipped = sorted({one.skipped for one in found if one.skipped})
    report(
        "faults",
        {
            **figures,
            "not_planted": sum(not one.struck for one in found),
            "skipped_because": skipped,
            "left": left,
            "seed": seed,
            "cpu_s": round(sum(one.cpu_s for one in found)),
        },
    )


if __name__ == "__main__":
    main()
