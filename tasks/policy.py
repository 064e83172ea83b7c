"""What all tasks share: retries by cause, results that are references, and cached states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypedDict, TypeVar, cast

from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import Completed
from prefect.tasks import Task, exponential_backoff
from pydantic import Field

from understudy.accounting import Account
from understudy.artifacts import Artifact
from understudy.errors import UnderstudyError
from understudy.manifests import MANIFEST
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


Made = TypeVar("Made", bound=Outcome)


def cached(outcome: Made, manifest: Path) -> State[Made]:
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


def unwrap(result: Made | State[Made]) -> Made:
    """Return the outcome of a task that may have ended in a named state."""
    if isinstance(result, Outcome):
        return result
    found = _value(result)
    if not isinstance(found, Outcome):
        raise TypeError(f"a task returned {type(found).__name__} and no Outcome")
    return cast("Made", found)


def _value(state: State[Any]) -> Any:
    """Return what a state carries in memory, without touching result storage."""
    data: Any = state.data
    return getattr(data, "result", data)


_ATTEMPT = " · attempt "


def try_again(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Retry only what its own exception calls retryable, and number the attempt in the run's name.

    A bug is never retried. Prefect makes a run's name once, before the first attempt, and asks
    this between two of them.
    """
    error = _value(state)
    again = isinstance(error, UnderstudyError) and error.retryable
    if again:
        name, _, _ = task_run.name.partition(_ATTEMPT)
        task_run.name = f"{name}{_ATTEMPT}{task_run.run_count + 1}"
    return again


class _Retries(TypedDict):
    retries: int
    retry_delay_seconds: Callable[[int], list[float]]
    retry_jitter_factor: float
    retry_condition_fn: Callable[[Task[..., Any], TaskRun, State[Any]], bool]


RETRIED: _Retries = {
    "retries": 2,
    "retry_delay_seconds": exponential_backoff(backoff_factor=4),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": try_again,
}
"""For tasks that ask others for something: after about 4 and 8 s. The engine inside has tried by
itself before."""
