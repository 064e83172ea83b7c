"""Thousands of spoilt inputs before everything that reads: what is not refused as it should be?

    python benchmarks/fuzz.py --seed 1 --count 1200

`count` is of inputs for each reader. What is found is written to `--save`, to be mended and then
kept in tests/fuzz/corpus/.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from pathlib import Path

from frame import report

os.environ["HF_HUB_OFFLINE"] = "1"

from tests.support.fuzzing.readers import READERS
from tests.support.fuzzing.running import Finding, drawn, tried


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--reader", action="append", choices=list(READERS))
    parser.add_argument("--save", type=Path, help="a folder for what is found")
    given = parser.parse_args()
    chosen = given.reader or list(READERS)
    found: dict[str, list[Finding]] = {}
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for reader in chosen:
            found[reader] = _all(reader, given.seed, given.count, Path(folder) / "input")
            print(
                f"{reader:<14} {given.count:>6} inputs   {len(found[reader])} findings", flush=True
            )
            _tell(found[reader], given.save)
    report(
        "fuzz",
        {
            "inputs": given.count * len(chosen),
            "findings": sum(map(len, found.values())),
            "readers": len(chosen),
            "inputs_per_reader": given.count,
            "seed": given.seed,
            "cpu_s": round(time.process_time() - began, 1),
        },
    )


def _all(reader: str, seed: int, count: int, folder: Path) -> list[Finding]:
    tries = (tried(reader, drawn(reader, seed, number), folder) for number in range(count))
    return [one for one in tries if one is not None]


def _tell(found: list[Finding], save: Path | None) -> None:
    """Show each kind of finding once, its shortest input with it."""
    for problem in sorted({one.problem[:60] for one in found}):
        alike = [one for one in found if one.problem[:60] == problem]
        shortest = min(alike, key=lambda one: len(one.raw))
        print(f"  {len(alike)} x {shortest.problem}\n{shortest.trace}")
        if save is not None:
            name = hashlib.sha256(shortest.raw).hexdigest()[:12]
            path = save / shortest.reader.replace(" ", "-") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(shortest.raw)


if __name__ == "__main__":
    main()
