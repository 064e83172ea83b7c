"""What one run says about itself, from its own files and nothing else.

Runs are compared across versions of this package, so what an older one did not
write is missing here and no error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from understudy.artifacts import canonical_json, read_json
from understudy.errors import DataError
from understudy.manifests import MANIFEST
from understudy.nested import flattened
from understudy.proof.records import Measure
from understudy.records import digest_of

METADATA = "run_metadata.json"
_METRICS = "training_metrics.json"
_RESULTS = "evaluation_results.json"
_PROOF = "evaluation.manifest.json"


@dataclass(frozen=True)
class Point:
    """One validation."""

    update: int
    loss: float
    error: float | None
    """Standard error over videos."""


@dataclass(frozen=True)
class Held:
    """One held-out question under the tuned model."""

    video: str
    loss: float
    """Nats, summed over the reference's tokens."""
    tokens: int


@dataclass(frozen=True)
class RunFacts:
    """One run."""

    id: str
    channel: str
    whole: bool
    """Its training came to the end."""
    begun: str
    base: str
    dataset: str
    """Folder's name."""
    settings: Mapping[str, Any]
    """Everything that determined it, by dotted key."""
    settings_digest: str
    """Of the hyperparameters alone; equal for runs that differ in data or base only."""
    updates: int | None
    best: Point | None
    """The validation whose adapter was kept."""
    valid: Sequence[Point] = ()
    train: Sequence[tuple[int, float]] = ()
    """(update, nats per token)."""
    verdict: str | None = None
    measures: Mapping[str, Measure] = field(default_factory=dict)
    held_out: Mapping[str, Held] = field(default_factory=dict)
    """Question id to its loss."""
    test_digest: str | None = None
    """SHA-256 of the rows it was judged on."""


def read_run(folder: Path) -> RunFacts:
    """Read a run's folder.

    Raises:
        DataError: It has no metadata, or a file cannot be read or is not what is written there.
    """
    metadata = _json(folder / METADATA)
    if not metadata:
        raise DataError(f"the run {folder.name} has no {METADATA}: its training never began")
    try:
        return _facts(folder, metadata)
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise DataError(
            f"the run {folder.name} cannot be read ({type(error).__name__}: {error}): its JSON "
            "files are not what training and evaluation write. Move its folder away, or train again"
        ) from error


def _facts(folder: Path, metadata: Mapping[str, Any]) -> RunFacts:
    hyperparameters: Mapping[str, Any] = metadata.get("hyperparameters") or {}
    result: Mapping[str, Any] = metadata.get("result") or {}
    metrics, results = _json(folder / _METRICS), _json(folder / _RESULTS)
    valid = _validations(metrics)
    best = next((one for one in valid if one.update == result.get("best_update")), None)
    return RunFacts(
        id=folder.name,
        channel=folder.parent.name,
        whole=(folder / MANIFEST).is_file(),
        begun=str(metadata.get("timestamp") or ""),
        base=str(_at(metadata, "base", "name") or ""),
        dataset=Path(str(_at(metadata, "dataset", "path") or "")).name,
        settings=dict(_determining(metadata)),
        settings_digest=digest_of(canonical_json(hyperparameters)),
        updates=result.get("updates"),
        best=best,
        valid=valid,
        train=_pairs(metrics, "train_loss"),
        verdict=results.get("verdict"),
        measures=_measures(results),
        held_out=_held_out(results),
        test_digest=_at(_json(folder / _PROOF), "recipe", "inputs", "test.jsonl"),
    )


def _determining(metadata: Mapping[str, Any]) -> Any:
    """Settings, data, base and machine; what merely follows from them is left out."""
    sections = {
        "train": metadata.get("hyperparameters") or {},
        "dataset": metadata.get("dataset") or {},
        "base": metadata.get("base") or {},
        "environment": metadata.get("environment") or {},
    }
    git = metadata.get("git")
    yield from flattened({**sections, "git": git if isinstance(git, Mapping) else {"commit": git}})


def _json(path: Path) -> dict[str, Any]:
    found = read_json(path) if path.is_file() else {}
    if not isinstance(found, dict):
        raise DataError(f"{path.parent.name}/{path.name} holds no JSON object")
    return found  # pyright: ignore[reportUnknownVariableType]


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None  # pyright: ignore[reportUnknownVariableType]
    return value


def _pairs(metrics: Mapping[str, Any], name: str) -> list[tuple[int, float]]:
    pairs = zip(metrics.get("iterations") or [], metrics.get(name) or [], strict=False)
    return [(int(at), float(value)) for at, value in pairs if value is not None]


def _validations(metrics: Mapping[str, Any]) -> list[Point]:
    errors = dict(_pairs(metrics, "val_loss_se"))
    return [Point(at, loss, errors.get(at)) for at, loss in _pairs(metrics, "val_loss")]


def _measures(results: Mapping[str, Any]) -> dict[str, Measure]:
    """Those that this version understands."""
    found: dict[str, Measure] = {}
    for name, raw in (results.get("measures") or {}).items():
        known = {key: value for key, value in raw.items() if key in Measure.model_fields}
        try:
            found[name] = Measure.model_validate(known)
        except ValidationError:
            continue
    return found


def _held_out(results: Mapping[str, Any]) -> dict[str, Held]:
    return {
        str(one["id"]): Held(
            str(one["video_id"]), float(_at(one, "tuned", "loss")), int(_at(one, "tuned", "tokens"))
        )
        for one in results.get("questions") or []
        if _at(one, "tuned", "loss") is not None
    }
