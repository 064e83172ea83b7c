"""Every set-wide stage on a generated set: time, and peak memory in a process of its own.

The number of rows can be given on the command line, and a folder: what was measured
there stays, and the next call goes on with the stage after it.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from frame import ROOT, report
from questions import built_in, generate

from tests.support.rows import GOOD, real_answers
from understudy.artifacts import Artifact, read_json, write_json, write_jsonl
from understudy.manifests import read_manifest
from understudy.paraphrase import RuleWriter
from understudy.records import Answer
from understudy.settings import Settings, load_settings
from understudy.workspace import Workspace

REAL = ROOT.parent / "shared" / "data" / "fung_qa.jsonl"
ROWS = 100_000
EACH = 12
"""Rows per video."""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="understudy-scale-") as scratch:
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else scratch)
        if not generated(folder).exists():
            in_child(prepare, folder, count)
        measured = {name: measured_once(folder, name) for name in STAGES}
    figures: dict[str, Any] = {"rows": count}
    for name, found in measured.items():
        figures |= {f"{key}_{name}": value for key, value in found.items()}
    figures["peak_mb"] = max(found["peak_mb"] for found in measured.values())
    figures["cpu_s"] = round(sum(found["cpu_s"] for found in measured.values()), 1)
    report("dataset-scale", figures)


def measured_once(folder: Path, name: str) -> dict[str, Any]:
    """A stage's figures: those of an earlier call, or of running it now."""
    done = folder / f"{name}.json"
    if not done.exists():
        write_json(done, in_child(stage, folder, name))
    found = read_json(done)
    print(name, json.dumps(found), file=sys.stderr, flush=True)
    return found


def in_child(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run in a process of its own, so that its peak memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def prepare(folder: Path, count: int) -> None:
    write_jsonl(generated(folder), answers(count))


def generated(folder: Path) -> Path:
    return Workspace(folder, "scale").imports / "generated.jsonl"


def answers(count: int) -> Iterator[Answer]:
    """Generated questions with answers of the length and form of the real ones."""
    real = real_answers(REAL) if REAL.exists() else []
    seeds = [one.question for one in real] or built_in()
    bodies = [one.answer for one in real] or [GOOD]
    draw = random.Random(5)
    subjects = sorted({word for body in bodies for word in re.findall(r"\b[a-z]{6,}\b", body)})
    for number, question in enumerate(generate(seeds, count)):
        video = f"video{number // EACH:06d}"
        yield Answer(
            id=f"{video}:q{number % EACH:02d}",
            video_id=video,
            video_title=f"Talk {number // EACH}",
            # Subjects of their own, so that most questions differ, as those of many talks would.
            question=f"{question.rstrip('?')} in view of {' and '.join(draw.sample(subjects, 3))}?",
            answer=f"{draw.choice(bodies)}\n\nThis is case {draw.getrandbits(40):x} of it.",
            tags=("one", "two"),
            generator="import",
        )


def stage(folder: Path, name: str) -> dict[str, Any]:
    """Run one stage on what the one before left."""
    os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"
    from prefect.logging import disable_run_logger

    settings = load_settings(ROOT / "config" / "imported_pairs.yaml", CHANGES)
    workspace = Workspace(folder, "scale")
    work = STAGES[name](workspace, settings)
    with disable_run_logger():
        began, cpu = time.monotonic(), time.process_time()
        before = peak_mb()
        outcome = work()
    return {
        "wall_s": round(time.monotonic() - began, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "peak_mb": peak_mb(),
        "imports_mb": before,
        "produced": outcome.account.produced,
    }


CHANGES = {"augment": {"paraphrases": 1, "share": 0.2, "short_answers": 0.1}}


def peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 if sys.platform == "linux" else 2**20))


def rows_of(workspace: Workspace, folder: str) -> Artifact:
    return file_of(workspace, folder, "rows.parquet")


def file_of(workspace: Workspace, folder: str, name: str) -> Artifact:
    manifest = read_manifest(workspace.stages / folder)
    assert manifest is not None
    return manifest.resolved(workspace.stages / folder)[name]


def collect(workspace: Workspace, _: Settings) -> Callable[[], Any]:
    from tasks.rows import collect_rows

    return lambda: collect_rows.fn(workspace, video_ids=[])


def dedup(workspace: Workspace, settings: Settings) -> Callable[[], Any]:
    from tasks.dedup import deduplicate
    from tasks.rows import FOLDER

    rows = rows_of(workspace, FOLDER)
    return lambda: deduplicate.fn(workspace, rows, settings=settings.dedup)


def checks(workspace: Workspace, settings: Settings) -> Callable[[], Any]:
    from tasks.dedup import FOLDER
    from tasks.filter import filter_rows

    rows = rows_of(workspace, FOLDER)
    return lambda: filter_rows.fn(
        workspace, rows, settings=settings.filter, language=settings.channel.language
    )


def split(workspace: Workspace, settings: Settings) -> Callable[[], Any]:
    from tasks.filter import FOLDER
    from tasks.split import split_rows

    rows = rows_of(workspace, FOLDER)
    return lambda: split_rows.fn(workspace, rows, settings=settings.split)


def augment(workspace: Workspace, settings: Settings) -> Callable[[], Any]:
    from tasks.augment import augment_rows
    from tasks.split import FOLDER

    rows = rows_of(workspace, FOLDER)
    return lambda: asyncio.run(
        augment_rows.fn(
            workspace,
            rows,
            settings=settings.augment,
            checks=settings.filter,
            language=settings.channel.language,
            purge_threshold=settings.split.purge_threshold,
            writer=RuleWriter(language=settings.channel.language, seed=1),
        )
    )


def export(workspace: Workspace, settings: Settings) -> Callable[[], Any]:
    from tasks.augment import FOLDER
    from tasks.dataset import export_dataset
    from tasks.split import LEAK
    from understudy.split import FOLDER as DIVIDED

    rows, leak = rows_of(workspace, FOLDER), file_of(workspace, DIVIDED, LEAK)
    return lambda: export_dataset.fn(workspace, rows, leak=leak, settings=settings)


STAGES: dict[str, Callable[[Workspace, Settings], Callable[[], Any]]] = {
    "rows": collect,
    "dedup": dedup,
    "filter": checks,
    "split": split,
    "augment": augment,
    "export": export,
}


if __name__ == "__main__":
    main()
