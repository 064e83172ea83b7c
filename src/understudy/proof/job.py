"""One evaluation's inputs, found, checked and named by content before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.artifacts import canonical_json, file_digest, read_json, read_parquet
from understudy.canaries import Canary
from understudy.chat import ChatRow, check_parts
from understudy.errors import DataError, EvaluationError
from understudy.manifests import Recipe, recipe
from understudy.models import base_digests, find_base
from understudy.preference import Judgement, Pair
from understudy.proof import plan, report, verdict
from understudy.proof.briefing import briefing_of
from understudy.proof.conclude import conclude
from understudy.proof.evaluate_child import GENERATIONS, SCORES, EvaluateSpec
from understudy.proof.five import Reproduction
from understudy.proof.general import General, general_rows, read_general
from understudy.proof.inputs import Inputs
from understudy.proof.journal import read_lines
from understudy.proof.judged import pairs_of
from understudy.proof.lineup import Lineup, lineup_of
from understudy.proof.measures import table
from understudy.proof.plan import Models, read_part
from understudy.proof.records import GenerationLine, Results, ScoreLine
from understudy.proof.seeds import seed_noise
from understudy.records import Row, Transcript, digest_of
from understudy.settings import ChannelSettings, EvaluateSettings
from understudy.sweep.finding import sweeps_on
from understudy.sweep.result import SweepResult
from understudy.training.materials import part_digests
from understudy.transcripts import read_transcript
from understudy.workspace import Workspace, inside

MANIFEST = "evaluation.manifest.json"
"""Beside the training's own manifest, in the run's folder."""
RESULTS = "evaluation_results.json"
REPORT = "report.html"
_VERSION = ".".join((plan.VERSION, table.VERSION, verdict.VERSION, report.VERSION))


@dataclass(frozen=True)
class Job:
    """One run to be judged on one dataset."""

    run: Path
    dataset: Path
    spec: EvaluateSpec
    recipe: Recipe
    metadata: Mapping[str, Any]
    metrics: Mapping[str, Any] | None
    template_same: bool | None
    accepted: Mapping[str, tuple[str, ...]]
    """General question to the phrases of which a right answer holds one."""
    sweeps: Mapping[str, SweepResult]
    """Those on the same dataset and base, by their folders' names."""
    channel: ChannelSettings
    workspace: Workspace


def dataset_of(run: Path, workspace: Workspace) -> Path:
    """The dataset that a run was trained on, as its metadata says.

    Raises:
        EvaluationError: The metadata names none, or it is not on disk.
        DataError: A part of it was damaged or edited.
    """
    named = _metadata(run).get("dataset", {}).get("path")
    folder = inside(workspace.root, str(named))
    if named is None or folder is None or not (folder / "test.jsonl").is_file():
        raise EvaluationError(
            f"the dataset of run {run.name} ({named}) is not on disk: build it again, or train on "
            "the one that is there"
        )
    check_parts(folder)
    return folder


def open_job(
    workspace: Workspace,
    run: Path,
    dataset: Path,
    *,
    settings: EvaluateSettings,
    channel: ChannelSettings,
    judge: Mapping[str, str] = {},
) -> Job:
    """Read what the run says about itself and name everything that determines the result.

    Args:
        judge: Fingerprint of a judge that will be asked; empty for none.

    Raises:
        EvaluationError: The run is not complete, or nothing is held out.
        BaseModelError: The base is not there.
        DataError: A file cannot be read.
    """
    metadata = _metadata(run)
    if not (run / "adapters.safetensors").is_file():
        raise EvaluationError(f"the run {run.name} has no adapter: its training did not finish")
    if not (dataset / "test.jsonl").is_file() or not (dataset / "test.jsonl").stat().st_size:
        raise EvaluationError(
            f"the dataset {dataset.name} holds out no row: raise split.test, build and train again"
        )
    folder = find_base(str(metadata["base"]["name"]), workspace.root)
    digests = base_digests(folder)
    models = Models(
        base=digest_of(canonical_json(digests.model_dump())),
        adapter=digest_of(
            file_digest(run / "adapters.safetensors") + file_digest(run / "adapter_config.json")
        ),
    )
    system_prompt = metadata.get("hyperparameters", {}).get("system_prompt")
    train = read_part(dataset, "train", system_prompt)
    suite = _suite(workspace, settings)
    spec = EvaluateSpec(
        base=str(folder),
        run=str(run),
        dataset=str(dataset),
        train_digest=file_digest(dataset / "train.jsonl"),
        models=models,
        system_prompt=system_prompt,
        briefing=briefing_of(channel, train, examples=settings.examples),
        general=general_rows(suite, settings.general_questions, system_prompt),
        lineup=_lineup(metadata, settings, system_prompt),
        settings=settings,
    )
    sweeps = sweeps_on(workspace, {**part_digests(dataset), **digests.inputs})
    trained_with = metadata["base"].get("sha256", {}).get("template")
    return Job(
        run=run,
        dataset=dataset,
        spec=spec,
        recipe=_recipe(spec, channel, {**judge, **_sweep_digests(sweeps)}),
        metadata=metadata,
        metrics=_optional(run / "training_metrics.json"),
        template_same=None if trained_with is None else trained_with == digests.template,
        accepted={one.row.id: one.accepted for one in suite},
        sweeps=sweeps,
        channel=channel,
        workspace=workspace,
    )


def _lineup(
    metadata: Mapping[str, Any], settings: EvaluateSettings, system_prompt: str | None
) -> Lineup:
    """The canaries that the run says it was trained on: another version might make others."""
    return lineup_of(
        [Canary.model_validate(one) for one in metadata.get("canaries", ())],
        seed=int(metadata.get("seeds", {}).get("canaries", 0)),
        rivals=settings.canary_rivals,
        system_prompt=system_prompt,
    )


def _suite(workspace: Workspace, settings: EvaluateSettings) -> tuple[General, ...]:
    name = settings.general_file
    return read_general(None if name is None else workspace.root / name)


def results_of(job: Job, judgements: Sequence[Judgement] = ()) -> Results:
    """Draw the conclusion from the lines on disk.

    Args:
        judgements: What a judge said of `pairs_to_judge`.

    Raises:
        EvaluationError: A row was not scored.
        DataError: A file cannot be read.
    """
    return conclude(inputs_of(job).model_copy(update={"judgements": tuple(judgements)}))


def pairs_to_judge(job: Job) -> tuple[Pair, ...]:
    """The answers on disk that a judge is to compare; none where none is asked.

    Raises:
        DataError: A file cannot be read.
    """
    inputs = inputs_of(job)
    return pairs_of(inputs.agenda, inputs.generations)


def inputs_of(job: Job) -> Inputs:
    """Read everything that the conclusion is drawn from.

    Raises:
        DataError: A file cannot be read.
    """
    parts = {
        part: read_part(job.dataset, part, job.spec.system_prompt)
        for part in ("train", "valid", "test")
    }
    return Inputs(
        run=job.run.name,
        dataset=job.dataset.name,
        train=parts["train"],
        valid=parts["valid"],
        test=parts["test"],
        train_digest=job.spec.train_digest,
        transcripts=_transcripts(job, parts["train"] + parts["test"]),
        titles={row.video_id: row.video_title for row in rows_of(job)},
        scores=tuple(read_lines(job.run / SCORES, ScoreLine)),
        generations=tuple(read_lines(job.run / GENERATIONS, GenerationLine)),
        models=job.spec.models,
        metrics=job.metrics,
        trained_tokens=_trained_tokens(job.metrics),
        ends_learned=job.metadata.get("ends_learned"),
        template_same=job.template_same,
        seed_noise=seed_noise(job.sweeps.items(), job.spec.settings.confidence),
        reproduction=_reproduction(job),
        briefing=job.spec.briefing,
        general=job.spec.general,
        lineup=job.spec.lineup,
        accepted=job.accepted,
        settings=job.spec.settings,
    )


def _sweep_digests(sweeps: Mapping[str, SweepResult]) -> dict[str, str]:
    return {
        f"sweep/{name}": digest_of(canonical_json(one.model_dump(mode="json")))
        for name, one in sweeps.items()
    }


def _recipe(spec: EvaluateSpec, channel: ChannelSettings, more: Mapping[str, str]) -> Recipe:
    run, dataset = Path(spec.run), Path(spec.dataset)
    files = [
        *(run / name for name in ("run_metadata.json", "training_metrics.json")),
        *(dataset / name for name in ("valid.jsonl", "test.jsonl", "rows.parquet")),
    ]
    digests = {path.name: file_digest(path) for path in files if path.exists()}
    return recipe(
        "evaluate",
        _VERSION,
        inputs={
            **digests,
            **more,
            "train.jsonl": spec.train_digest,
            "base": spec.models.base,
            "adapter": spec.models.adapter,
            "general": digest_of(canonical_json([row.messages for row in spec.general])),
        },
        settings={"evaluate": spec.settings, "channel": channel},
    )


def _transcripts(job: Job, rows: Sequence[ChatRow]) -> dict[str, Transcript]:
    """Of the videos that the rows come from; imported pairs bring none."""
    paths = {video: job.workspace.transcript(video) for video in {row.video_id for row in rows}}
    return {video: read_transcript(path) for video, path in sorted(paths.items()) if path.exists()}


def _metadata(run: Path) -> dict[str, Any]:
    found = read_json(run / "run_metadata.json")
    if not isinstance(found, dict) or "base" not in found:
        raise DataError(f"{run.name}/run_metadata.json does not name the base: train again")
    return found  # pyright: ignore[reportUnknownVariableType]


def _optional(path: Path) -> dict[str, Any] | None:
    return read_json(path) if path.exists() else None


def rows_of(job: Job) -> list[Row]:
    """The dataset's whole table; empty for one without."""
    path = job.dataset / "rows.parquet"
    return read_parquet(path, Row) if path.exists() else []


def git_of(job: Job) -> dict[str, Any]:
    """The commit that trained, as far as it is recorded."""
    state = job.metadata.get("git")
    return state if isinstance(state, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _reproduction(job: Job) -> Reproduction:
    recorded = job.metadata.get("dataset", {}).get("sha256", {}).get("train.jsonl")
    return Reproduction(
        commit=git_of(job).get("commit"),
        changed=git_of(job).get("has_uncommitted_changes"),
        dataset_same=None if recorded is None else recorded == job.spec.train_digest,
        seed=job.metadata.get("hyperparameters", {}).get("seed"),
    )


def _trained_tokens(metrics: Mapping[str, Any] | None) -> int | None:
    known = [one for one in (metrics or {}).get("trained_tokens", []) if one is not None]
    return int(known[-1]) if known else None
