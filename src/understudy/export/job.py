"""One export's inputs, checked before a model is loaded, and its folder, published whole."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.artifacts import (
    Artifact,
    canonical_json,
    file_digest,
    read_json,
    read_record,
    write_json,
)
from understudy.child import Event, run_child
from understudy.errors import DataError, ExportError, TrainingError, WriteError
from understudy.export import gate, prompts
from understudy.export.formats import Target, problem_with
from understudy.export.records import REPORT, ExportReport
from understudy.export.spec import ExportSpec
from understudy.manifests import MANIFEST, Manifest, Recipe, fresh
from understudy.models import base_digests, check_base, find_base
from understudy.records import digest_of

CHILD = "understudy.export.run"
VERSION = "1"
EXPORTS = "exports"


@dataclass(frozen=True)
class Job:
    """One run to be exported."""

    spec: ExportSpec
    recipe: Recipe
    folder: Path
    """Where the export will be."""


def open_job(root: Path, run: Path, target: Target, bits: int | None) -> Job:
    """Check what can be checked without a model.

    Raises:
        ExportError: The target cannot take this base, or the run cannot be exported.
        BaseModelError: The base is not there.
        DataError: A file cannot be read.
    """
    if not (run / MANIFEST).is_file():
        raise ExportError(f"the run {run.name} is not trained to its end: run `understudy train`")
    metadata = read_json(run / "run_metadata.json")
    name = str(metadata["base"]["name"])
    base = find_base(name, root)
    check_base(base)
    if problem := problem_with(target, base):
        raise ExportError(f"the base {name} cannot be exported to {target}: {problem}")
    if bits is not None and target != "fused":
        raise ExportError(f"--bits goes with --to fused only: {target} takes the full precision")
    digests = base_digests(base)
    if digests.model_dump() != metadata["base"]["sha256"]:
        raise ExportError(
            f"the base {name} is not the one that {run.name} was trained on: its digests differ. "
            "`understudy reproduce` says in which file"
        )
    adapter = digest_of(
        file_digest(run / "adapters.safetensors") + file_digest(run / "adapter_config.json")
    )
    folder = run / EXPORTS / (target if bits is None else f"{target}-{bits}bit")
    spec = ExportSpec(
        run=run,
        base=base,
        base_name=name,
        base_digests=digests,
        adapter_sha256=adapter,
        system_prompt=metadata["hyperparameters"].get("system_prompt"),
        target=target,
        bits=bits,
        draft=folder,
    )
    return Job(spec, _recipe(spec), folder)


def _recipe(spec: ExportSpec) -> Recipe:
    rules = {"loss": gate.LOSS, "next": gate.NEXT, "correlation": gate.CORRELATION}
    return Recipe(
        stage="export",
        version=VERSION,
        inputs={
            "adapter": spec.adapter_sha256,
            "prompts": digest_of(canonical_json([prompts.PROMPTS, prompts.MAX_TOKENS])),
            **{f"base/{key}": value for key, value in spec.base_digests.model_dump().items()},
        },
        settings={
            "target": spec.target,
            "bits": spec.bits,
            "system_prompt": spec.system_prompt,
            "gate": rules,
        },
    )


def ready(job: Job) -> ExportReport | None:
    """The report of an export that is there and still whole, or None."""
    if fresh(job.folder, job.recipe) is None:
        return None
    with suppress(DataError):
        return read_record(job.folder / REPORT, ExportReport)
    return None


def make(job: Job, watch: Callable[[Event], None]) -> ExportReport:
    """Export in a process of its own; the folder appears when it is whole and has passed the gate.

    Args:
        watch: Takes the events of the export as they come.

    Raises:
        ExportError: The export is not the model that was trained.
        WriteError: The file system refused.
    """
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    seen: dict[str, Any] = {}

    def on_event(event: Event) -> None:
        seen.update(event)
        watch(event)

    with tempfile.TemporaryDirectory(prefix=".part-", dir=job.folder.parent) as scratch:
        draft = Path(scratch) / "draft"
        draft.mkdir()
        spec = job.spec.model_copy(update={"draft": draft})
        try:
            asyncio.run(
                run_child(
                    CHILD, spec.model_dump(mode="json"), folder=Path(scratch), on_event=on_event
                )
            )
        except TrainingError as error:
            raise ExportError(str(error)) from error
        report = ExportReport.model_validate(seen["report"])
        _publish(draft, job, Path(scratch))
    return report


def _publish(draft: Path, job: Job, scratch: Path) -> None:
    files = {
        str(path.relative_to(draft)): Artifact(
            path=path.relative_to(draft), sha256=file_digest(path), bytes=path.stat().st_size
        )
        for path in sorted(draft.rglob("*"))
        if path.is_file()
    }
    write_json(draft / MANIFEST, Manifest(recipe=job.recipe, files=files))
    try:
        if job.folder.exists():
            job.folder.rename(scratch / "old")
        draft.rename(job.folder)
    except OSError as error:
        raise WriteError(job.folder, error.strerror or str(error)) from error
    shutil.rmtree(scratch / "old", ignore_errors=True)
