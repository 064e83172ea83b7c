"""What the report shows beside the results: where rows went, what it cost, how to repeat it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from understudy.analysis.words import cautions_beside, facts_beside
from understudy.artifacts import read_record
from understudy.nested import flattened
from understudy.proof.costs import cost_rows
from understudy.proof.job import Job, git_of, rows_of
from understudy.proof.report import Context
from understudy.proof.rows import accounts_of, parts_of
from understudy.teacher.money.bill import Bill
from understudy.workspace import Workspace


def context_of(job: Job, *, config: str) -> Context:
    """What the report shows beside the results.

    Args:
        config: Path of the channel's settings, for the commands that repeat the run.
    """
    rows = rows_of(job)
    commit = git_of(job).get("commit")
    return Context(
        speaker=job.channel.speaker,
        subject=job.channel.subject,
        base=str(job.metadata["base"]["name"]),
        timestamp=str(job.metadata.get("finished") or job.metadata.get("timestamp") or ""),
        parts=parts_of(rows),
        accounts=accounts_of(rows),
        dataset=facts_beside(job.dataset),
        cautions=cautions_beside(job.dataset),
        costs=cost_rows(
            _bills(job.workspace),
            job.metrics,
            str(job.metadata.get("environment", {}).get("device") or "a device not recorded"),
        ),
        metrics=job.metrics,
        training=dict(took_effect(job.metadata)),
        commit=commit,
        commands=(
            *((f"git checkout {commit}",) if commit else ()),
            f"understudy build-dataset --config {config}",
            f"understudy train --config {config}",
            f"understudy evaluate --config {config}",
        ),
    )


def _bills(workspace: Workspace) -> dict[str, Bill]:
    paths = {
        "questions and answers": workspace.bill,
        "variants": workspace.augment_bill,
        "the audit": workspace.audit_bill,
        "the judge": workspace.judge_bill,
    }
    return {name: read_record(path, Bill) for name, path in paths.items() if path.exists()}


def took_effect(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A training's settings by name, and what was done otherwise."""
    for name, value in flattened(metadata.get("hyperparameters", {}), "train"):
        yield name, value if isinstance(value, str) else json.dumps(value)
    product = metadata.get("effective", {}).get("learning_rate_times_scale")
    if product is not None:  # mlx-lm has no alpha: this is what compares between runs
        yield "train.learning_rate × lora.scale", f"{product:g}"
    for number, note in enumerate(metadata.get("notes", ()), start=1):
        yield f"train, done otherwise ({number})", str(note)
