"""Processes of Dask or Ray for work that divides, where the settings ask for them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Generator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

from prefect.futures import PrefectFuture
from prefect.tasks import Task

from tasks.policy import Outcome, unwrap
from understudy.errors import ConfigError
from understudy.settings import ScalingSettings

Run = Callable[..., Awaitable[Outcome]]
"""Runs a task somewhere and waits for its outcome."""

_EXTRAS = {"dask": "prefect_dask", "ray": "prefect_ray"}
_LOOPBACK = "127.0.0.1"
_STORE_BYTES = 100 * 2**20
"""Of Ray's shared memory. References go through it and never rows; it would take a third of all."""


class Workers:
    """Starts its processes when the first piece of work comes, and none if none comes."""

    def __init__(self, scaling: ScalingSettings) -> None:
        self._name = scaling.runner
        self.count = scaling.workers or os.cpu_count() or 1
        self._stack = ExitStack()
        self._runner: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the processes: Prefect sends a task's context along with what it submits."""
        return {**self.__dict__, "_stack": None, "_runner": None}

    def submit(self, task: Task[..., Any], **parameters: Any) -> PrefectFuture[Any]:
        """Run a task of this flow run on a worker.

        Args:
            parameters: Small ones: settings, ids and paths of a folder that all workers see.
        """
        if self._runner is None:
            made = _dask(self.count) if self._name == "dask" else _ray(self.count)
            self._runner = self._stack.enter_context(made)
        return self._runner.submit(task, parameters=parameters)

    async def run(self, task: Task[..., Any], **parameters: Any) -> Outcome:
        """Run a task on a worker and wait for it, while other tasks go on.

        Raises:
            Exception: What the task raised.
        """
        return unwrap(await asyncio.to_thread(self.submit(task, **parameters).result))

    def close(self) -> None:
        self._stack.close()


async def here(task: Task[..., Any], **parameters: Any) -> Outcome:
    """Run an async task in this process, as `Workers.run` does elsewhere."""
    return unwrap(await task(**parameters))


@contextmanager
def workers_of(scaling: ScalingSettings) -> Generator[Workers | None]:
    """Give a flow the workers that the settings name; None where all stays in this process.

    Raises:
        ConfigError: The runner's package is not installed.
    """
    if scaling.runner == "threads":
        yield None
        return
    if find_spec(_EXTRAS[scaling.runner]) is None:
        raise ConfigError(
            f"scaling.runner is {scaling.runner!r} and {_EXTRAS[scaling.runner]} is not installed: "
            f"`pip install 'understudy[{scaling.runner}]'`, or set scaling.runner to threads"
        )
    workers = Workers(scaling)
    try:
        yield workers
    finally:
        workers.close()


def _dask(count: int) -> Any:
    from prefect_dask.task_runners import DaskTaskRunner  # pyright: ignore[reportMissingImports]

    return DaskTaskRunner(
        cluster_kwargs={
            "n_workers": count,
            "threads_per_worker": 1,
            "host": _LOOPBACK,
            "dashboard_address": None,
        }
    )


def _ray(count: int) -> Any:
    # Ray calls its makers otherwise, and its processes listen on every address of the machine.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token"}
    from prefect_ray.task_runners import RayTaskRunner  # pyright: ignore[reportMissingImports]

    return RayTaskRunner(
        init_kwargs={
            "num_cpus": count,
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
            "log_to_driver": False,
            "logging_level": logging.WARNING,
            "_node_ip_address": _LOOPBACK,
        }
    )
