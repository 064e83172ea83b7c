"""Open the teacher that the settings name, for as long as a flow needs it."""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prefect.logging import get_run_logger

from tasks.project import Project
from understudy.teacher.calling.engines import left_at_provider
from understudy.teacher.openai_teacher import OpenAITeacher
from understudy.teacher.opening import open_openai_teacher
from understudy.teacher.protocol import Teacher


@asynccontextmanager
async def open_teacher(project: Project) -> AsyncGenerator[Teacher]:
    """Give a flow its teacher and, at the end, log what it cost.

    Raises:
        TeacherSetupError: No key, no such address: nothing has been asked yet.
        BudgetError: A cap without a price for the model.
        BusyError: Another run writes the ledger.
        ConfigError: A prompt or the price table cannot be used.
    """
    settings = project.settings
    if settings.teacher.kind == "offline":
        from understudy.teacher.offline.teacher import OfflineTeacher

        yield OfflineTeacher(channel=settings.channel, answers=settings.answers)
        return
    workspace = project.workspace
    logger = get_run_logger()
    opened = open_openai_teacher(settings, workspace, note=logger.info, again=_again)
    async with opened as teacher:
        _warn(teacher, project)
        # What is loaded by now stays loaded: to look through it for garbage takes a fifth of a
        # second, in which no call goes on.
        gc.freeze()
        try:
            yield teacher
        finally:
            gc.unfreeze()
            logger.info("teacher: %s", teacher.engine.summary())


def _again(line: str) -> None:
    """Into the log of the task that waits for the call."""
    get_run_logger().info(line)


def _warn(teacher: OpenAITeacher, project: Project) -> None:
    """Say before the first call what a person would want to know."""
    logger = get_run_logger()
    if teacher.engine.meter.price is None:
        logger.warning(
            "the model %r has no price in %s: this run's cost will not be known",
            teacher.name,
            project.settings.teacher.prices,
        )
    settings = project.settings
    left = (
        ()
        if settings.teacher.mode == "batch"
        else left_at_provider(settings.teacher, project.workspace)
    )
    if calls := sum(len(job.calls) for job in left):
        logger.warning(
            "%d calls are still at the provider as %s: a live run pays for those it needs again; "
            "set teacher.mode to batch to collect them",
            calls,
            ", ".join(job.name for job in left),
        )
