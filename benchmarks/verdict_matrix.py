"""Does each planted training get the verdict that it must? A table of expected against given.

`python benchmarks/verdict_matrix.py [--seeds 3] [--only good,form_free] [--root FOLDER] [--minutes 4]`:
a root keeps the sample's dataset and each case's verdict, so that the same command goes on where it
was stopped; what other code judged is judged again. Minutes end it early, between two cases.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from frame import ROOT, report
from planted import CASES, plant
from sample import make_sample

NAMED = {case.__name__: case for case in CASES}
Case = tuple[str, int]
"""Name and seed."""


def main() -> None:
    options = _options()
    if options.one:
        name, seed, dataset = options.one
        with tempfile.TemporaryDirectory() as folder:
            found = plant(NAMED[name], int(seed), Path(dataset), Path(folder))
        print(found.model_dump_json(exclude={"questions", "general"}))
        return
    chosen = options.only.split(",") if options.only else list(NAMED)
    cases = [(name, seed) for name in chosen for seed in range(1, options.seeds + 1)]
    with tempfile.TemporaryDirectory() as scratch:
        root = options.root or Path(scratch) / "project"
        given = dict(_judged(cases, root, options.minutes))
    _table(given)
    if len(given) < len(cases):
        print(f"{len(cases) - len(given)} of {len(cases)} are left: the same command goes on")
        return
    right = sum(one["verdict"] in CASES[NAMED[name]] for (name, _), one in given.items())
    report(
        "verdict-matrix",
        {
            "right_share": right / len(given),
            "cases": len(chosen),
            "seeds": options.seeds,
            "cpu_s": round(sum(one["cpu_s"] for one in given.values())),
        },
    )


def _judged(
    cases: Sequence[Case], root: Path, minutes: float | None
) -> Iterator[tuple[Case, dict[str, Any]]]:
    """Each case with what was given, as far as the time allows."""
    began, dataset, code = time.monotonic(), make_sample(root), _code()
    for name, seed in cases:
        kept = root / "verdicts" / f"{name}-{seed}.json"
        if kept.exists() and (known := json.loads(kept.read_text()))["code"] == code:
            found = known
        elif minutes is not None and time.monotonic() - began > 60 * minutes:
            continue
        else:
            found = {"code": code, **_judge(name, seed, dataset)}
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(json.dumps(found))
        print(name, seed, found["verdict"], "|", found["headline"])
        print(f"    {found['cpu_s']:.0f} CPU s; {found['shown']}", flush=True)
        yield (name, seed), found


def _code() -> str:
    """What a verdict depends on beside the case: this code, planted and judging."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "benchmarks").glob("[ps]*.py")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _judge(name: str, seed: int, dataset: Path) -> dict[str, Any]:
    """Train and judge in a process of its own, whose memory and patches end with it."""
    from understudy.child import child_environment

    before = _children_s()
    done = subprocess.run(
        [sys.executable, __file__, "--one", name, str(seed), str(dataset)],
        capture_output=True,
        text=True,
        check=False,
        env=child_environment(),
    )
    found: dict[str, Any] = {"cpu_s": _children_s() - before, "shown": ""}
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        last = (done.stderr.splitlines() or ["no word"])[-1]
        return {**found, "verdict": f"failed with {done.returncode}", "headline": last}
    results = json.loads(done.stdout.splitlines()[-1])
    figures = [
        f"{key} {_figures(results['measures'][key])}" for key in SHOWN if key in results["measures"]
    ]
    heeds = [(results["controls"][key] or {}).get("value") for key in HEEDS]
    figures.append("heeds " + " ".join("–" if one is None else f"{one:.3f}" for one in heeds))
    said = {key: results[key] for key in ("verdict", "headline")}
    return {**found, **said, "shown": "; ".join(figures)}


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


HEEDS = ("heeds_train", "heeds_held_out")
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


def _figures(one: dict[str, Any]) -> str:
    values = [one["base"], *(other["value"] for other in one["others"].values()), one["tuned"]]
    return " → ".join(f"{value:.3f}" for value in values)


def _table(given: dict[Case, dict[str, Any]]) -> None:
    """Rows: what was planted and is expected. Columns: what was given."""
    columns = sorted({one["verdict"] for one in given.values()})
    labels = {name: f"{name} ({' or '.join(CASES[NAMED[name]])})" for name, _ in given}
    width = max(map(len, labels.values()), default=0)
    print(" " * width, *columns, sep="  ")
    for name, label in labels.items():
        counts = Counter(one["verdict"] for (known, _), one in given.items() if known == name)
        cells = [str(counts[one] or "·").rjust(len(one)) for one in columns]
        print(label.ljust(width), *cells, sep="  ")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--one", nargs=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
