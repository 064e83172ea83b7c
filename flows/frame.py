"""What every flow does around its stages: hold the channel, tell what happened, judge the yield."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from pydantic import Field

from flows.progress import aside
from understudy.accounting import Account, account, check_floor, table
from understudy.artifacts import Artifact
from understudy.errors import (
    BudgetError,
    BusyError,
    ConfigError,
    TeacherReplyError,
    TeacherSetupError,
    UnderstudyError,
    WriteError,
)
from understudy.locking import exclusive
from understudy.records import Record
from understudy.workspace import Workspace

Line = Callable[[str], None]
TELL: ContextVar[Line | None] = ContextVar("TELL", default=None)
"""Where the command line wants one line per finished stage; the UI has artifacts instead."""

STOPPING = (TeacherSetupError, BudgetError, BusyError, ConfigError, WriteError)
"""Errors of one item that no other item can escape."""


Places = Mapping[str, tuple[str, ...]]
"""Stage to the files it made, in words."""


class Result(Record):
    """What a flow hands to its caller: the accounts of its stages and the files they made."""

    accounts: tuple[Account, ...]
    files: Mapping[str, Path]
    places: Places = Field(default_factory=dict)


def result_of(ended: Result | State[Any]) -> Result:
    """Return the result of a flow that may have ended in a named state."""
    found = getattr(ended.data, "result", ended.data) if isinstance(ended, State) else ended
    if not isinstance(found, Result):
        raise TypeError(f"a flow returned {type(found).__name__} and no Result")
    return found


def say(line: str) -> None:
    """Say a line in the run's log and in the terminal."""
    get_run_logger().info(line)
    if (told := TELL.get()) is not None:
        with aside():
            told(line)


@contextmanager
def holding(workspace: Workspace) -> Generator[None]:
    """Keep other runs off this channel.

    Raises:
        BusyError: One is at work; says which process.
    """
    with exclusive(workspace.lock, what=f"the channel {workspace.channel}"):
        yield


def lost(stage: str, unit: str, *, count: int, error: UnderstudyError) -> Account:
    """The account of an item that failed as foreseen: so many were asked for, and none came.

    Raises:
        UnderstudyError: One of `STOPPING`, which would fail the other items too.
    """
    if isinstance(error, STOPPING):
        raise error
    reason = error.reason if isinstance(error, TeacherReplyError) else "teacher_failed"
    failed = account(stage, unit, produced=0, dropped=[reason] * count)
    return failed.model_copy(update={"notes": (str(error),)})


def tell(one: Account) -> None:
    """Say what a stage did, in the run's log and in the terminal."""
    say(describe(one))


def describe(one: Account) -> str:
    """Put an account into one line: `split        140 rows   12 near_heldout`."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in one.dropped.items())
    unit = one.unit if one.produced == 1 else f"{one.unit}s"
    parts = [f"{one.stage:<12} {one.produced:>6} {unit}"]
    if one.produced and one.reused == one.produced:
        parts.append("cached")
    elif one.reused:
        parts.append(f"{one.reused} cached")
    if reasons:
        parts.append(f"dropped {reasons}")
    return "   ".join([*parts, *one.notes])


def place_of(workspace: Workspace, files: Mapping[str, Artifact]) -> tuple[str, ...]:
    """Say where files lie: `data/demo/stages/3-filter/rows.parquet (166 rows)`."""
    return tuple(
        workspace.relative(one.path) + ("" if one.rows is None else f" ({one.rows} rows)")
        for _, one in sorted(files.items())
    )


async def conclude(
    name: str,
    accounts: Sequence[Account],
    places: Places,
    floors: Mapping[str, float] | None = None,
) -> None:
    """Show the tables of the run, then refuse a yield under its floor.

    Args:
        name: Of the flow; keys the artifacts.
        floors: Stage to least share produced.

    Raises:
        YieldError: A stage produced too little; the flow ends Failed.
    """
    await acreate_table_artifact(
        table=table(accounts), key=f"{name}-account", description=f"What went in and out: {name}"
    )
    files = [{"stage": stage, "file": file} for stage, named in places.items() for file in named]
    if files:
        await acreate_table_artifact(
            table=files, key=f"{name}-files", description=f"What lies where: {name}"
        )
    for one in accounts:
        if floors and one.stage in floors:
            check_floor(one, floors[one.stage])
