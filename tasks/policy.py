"""What all tasks share: retries by cause, results that are references, and cached states."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import Completed
from prefect.tasks import Task, exponential_backoff
from pydantic import Field

from understudy.accounting import Account
from understudy.artifacts import MANIFEST, Artifact
from understudy.errors import UnderstudyError
from understudy.records import Record


class Outcome(Record):
    """What a task hands to the flow: counts and references, never rows."""

    account: Account
    files: Mapping[str, Artifact] = Field(default_factory=dict)
    folder: Path | None = None
    """Where the stage's manifest lies, for stages that have one."""
    cached: bool = False


class _TaskOptions(TypedDict):
    cache_policy: CachePolicy
    persist_result: bool


STAGE: _TaskOptions = {"cache_policy": NO_CACHE, "persist_result": False}
"""For every task: the files are the cache, and nothing goes through result storage, which
would run code when it reads model output back (docs/DECISIONS.md)."""


def cached(outcome: Outcome, manifest: Path) -> State[Outcome]:
    """End a task as Completed under the name Cached, naming the manifest that says so."""
    return Completed(
        name="Cached",
        message=f"nothing changed since {manifest.parent.name}/{manifest.name}",
        data=outcome.model_copy(update={"cached": True}),
    )


def from_manifest(folder: Path, account: Account, files: Mapping[str, Artifact]) -> State[Outcome]:
    """Reuse a set-wide stage whose manifest is fresh; everything it produced counts as reused."""
    reused = account.model_copy(update={"reused": account.produced})
    return cached(Outcome(account=reused, files=files, folder=folder), folder / MANIFEST)


def unwrap(result: Outcome | State[Outcome]) -> Outcome:
    """Return the outcome of a task that may have ended in a named state."""
    if isinstance(result, Outcome):
        return result
    found = _value(result)
    if not isinstance(found, Outcome):
        raise TypeError(f"a task returned {type(found).__name__} and no Outcome")
    return found


def _value(state: State[Any]) -> Any:
    """Return what a state carries in memory, without touching result storage."""
    data: Any = state.data
    return getattr(data, "result", data)


def is_retryable(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Retry only what its own exception calls retryable; a bug is never retried."""
    error = _value(state)
    return isinstance(error, UnderstudyError) and error.retryable


backoff = exponential_backoff(backoff_factor=4)
"""Seconds before a task's retry: 4, 8, 16, … The engines inside retry by themselves first."""
