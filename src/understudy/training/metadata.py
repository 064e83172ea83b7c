"""`run_metadata.json`: what a training was made of, without anything of this machine's folders."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from understudy.artifacts import file_digest
from understudy.canaries import canaries_of
from understudy.training.spec import Begun

if TYPE_CHECKING:  # some of these load mlx, which the parent of a training never does
    from understudy.training.adapters import Effective
    from understudy.training.batches import Plan
    from understudy.training.choosing import Choice
    from understudy.training.fitting import Fit
    from understudy.training.loop import Finished
    from understudy.training.spec import TrainSpec

_PACKAGES = ("understudy", "mlx", "mlx-lm", "numpy", "transformers", "tokenizers", "pydantic")


def describer(
    spec: TrainSpec,
    effective: Effective,
    plan: Plan,
    notes: list[str],
    memory: Fit,
    batching: Choice,
    begun: str,
    *,
    ends: float,
) -> Callable[[Finished | None], dict[str, Any]]:
    """Give what builds `run_metadata.json`, first without an end and then with one.

    Args:
        ends: Share of the rows whose end of turn is learned.
    """
    fixed: dict[str, Any] = {
        "git": git_state(spec.root),
        "dataset": {"path": spec.dataset_name, "sha256": spec.dataset_digests},
        "base": {"name": spec.settings.base, "sha256": spec.base_digests.model_dump()},
        "hyperparameters": {
            **spec.settings.model_dump(mode="json"),
            "system_prompt": spec.system_prompt,
        },
        "effective": effective.model_dump(mode="json"),
        "plan": plan.announcement,
        "ends_learned": ends,
        "optimizer": "AdamW with bias correction",
        "seeds": dict.fromkeys(("order", "dropout", "canaries"), spec.settings.seed),
        "canaries": [
            one.model_dump() for one in canaries_of(spec.settings.canaries, spec.settings.seed)
        ],
        "notes": notes,
        "memory": memory.model_dump(mode="json"),
        "batching": batching.model_dump(mode="json"),
        "environment": environment(spec.blas),
        "lock": lock_digest(spec.root),
    }

    def describe(finished: Finished | None) -> dict[str, Any]:
        return {
            "timestamp": begun,
            "finished": now() if finished else None,
            **fixed,
            "result": finished.model_dump(mode="json") if finished else None,
        }

    return describe


def begun_with(metadata: Mapping[str, Any]) -> Begun:
    """What a run was begun with, as its metadata says."""
    return Begun(
        applied=tuple(metadata.get("memory", {}).get("applied", ())),
        batching=metadata.get("batching"),
    )


def git_state(root: Path) -> dict[str, Any] | str:
    """Commit and whether tracked files differ from it, or "not a repository"."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return "not a repository"
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "has_uncommitted_changes": bool(changed)}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def environment(blas: str) -> dict[str, Any]:
    """Versions and the kind of machine.

    Args:
        blas: Which library multiplies matrices on the CPU, as the parent chose it.
    """
    return {**programs(blas), "device": _device()}


def programs(blas: str) -> dict[str, Any]:
    """The same without what only a process that holds mlx knows."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "blas": blas,
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def lock_digest(root: Path) -> str | None:
    """SHA-256 of the lock that the project's packages were installed from."""
    lock = root / "requirements.lock"
    return file_digest(lock) if lock.is_file() else None


def _device() -> str:
    import mlx.core as mx

    info: Mapping[str, Any] = mx.device_info()
    name = info.get("device_name") or info.get("architecture") or ""
    return f"{mx.default_device()} {name}".strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def now() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
