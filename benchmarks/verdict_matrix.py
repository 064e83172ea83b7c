"""Does each planted training get the verdict that it must? A table of expected against given.

`python benchmarks/verdict_matrix.py [--seeds 3] [--only good,form_free] [--root FOLDER]`: a root
keeps the sample's dataset for the next time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from frame import report
from planted import CASES, plant
from sample import make_sample

NAMED = {case.__name__: case for case in CASES}


def main() -> None:
    options = _options()
    if options.one:
        name, seed, dataset = options.one
        with tempfile.TemporaryDirectory() as folder:
            found = plant(NAMED[name], int(seed), Path(dataset), Path(folder))
        print(found.model_dump_json(exclude={"questions", "general"}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        dataset = make_sample(options.root or Path(scratch) / "project")
        chosen = options.only.split(",") if options.only else list(NAMED)
        given = [
            (name, seed, verdict_of(name, seed, dataset))
            for name in chosen
            for seed in range(1, options.seeds + 1)
        ]
    _table(given)
    right = sum(verdict in CASES[NAMED[name]] for name, _, verdict in given)
    report(
        "verdict-matrix",
        {"right_share": right / len(given), "cases": len(chosen), "seeds": options.seeds},
    )


def verdict_of(name: str, seed: int, dataset: Path) -> str:
    """Train and judge in a process of its own, whose memory and patches end with it."""
    from understudy.child import child_environment

    done = subprocess.run(
        [sys.executable, __file__, "--one", name, str(seed), str(dataset)],
        capture_output=True,
        text=True,
        check=False,
        env=child_environment(),
    )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return f"failed with {done.returncode}"
    results = json.loads(done.stdout.splitlines()[-1])
    shown = {key: results["measures"][key] for key in SHOWN if key in results["measures"]}
    print(name, seed, results["verdict"], "|", results["headline"], flush=True)
    for key, one in shown.items():
        print(f"    {key}: {_figures(one)}", flush=True)
    return str(results["verdict"])


SHOWN = (
    "loss_per_token",
    "content_match",
    "form_distance",
    "copied_from_train",
    "repeated_span",
    "ended",
    "question_gain",
    "general_loss",
)


def _figures(one: dict[str, float | None]) -> str:
    names = ("base", "tuned", "reference", "baseline")
    return ", ".join(f"{name} {one[name]:.3f}" for name in names if one[name] is not None)


def _table(given: list[tuple[str, int, str]]) -> None:
    """Rows: what was planted and is expected. Columns: what was given."""
    columns = sorted({verdict for _, _, verdict in given})
    labels = {name: f"{name} ({' or '.join(CASES[NAMED[name]])})" for name, _, _ in given}
    width = max(map(len, labels.values()))
    print(" " * width, *columns, sep="  ")
    for name, label in labels.items():
        counts = Counter(verdict for one, _, verdict in given if one == name)
        cells = [str(counts[one] or "·").rjust(len(one)) for one in columns]
        print(label.ljust(width), *cells, sep="  ")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--one", nargs=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
