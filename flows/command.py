"""Run a flow from the command line against a server that is there for as long as it takes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from flows.home import environment
from flows.server import server
from flows.uncollected import uncollected
from understudy.artifacts import read_json
from understudy.errors import ProjectError

FLOWS = {
    "collect": ("flows.collect", "collect"),
    "build-dataset": ("flows.build_dataset", "build_dataset"),
    "train": ("flows.train", "train_flow"),
    "evaluate": ("flows.evaluate", "evaluate_flow"),
    "pipeline": ("flows.pipeline", "pipeline"),
    "import": ("flows.importing", "import_files"),
    "sweep": ("flows.sweep", "sweep_flow"),
    "watch": ("flows.watch", "watch"),
}
"""Command to module and function. Imported late: Prefect takes seconds to import."""


def run_flow(
    name: str,
    root: Path,
    parameters: Mapping[str, Any],
    *,
    say: Callable[[str], None],
    verbose: bool = False,
) -> Mapping[str, Path]:
    """Run one flow and return the files it made.

    Args:
        say: Gets one line per finished stage.
        verbose: Show Prefect's own lines too.

    Raises:
        UnderstudyError: What the flow could not do.
    """
    os.environ.update(environment(root, console_level="INFO" if verbose else "CRITICAL"))
    with server(root, meanwhile=partial(_prepare, name)):
        return _through(lambda: asyncio.run(_run(name, parameters, say)))


def _through(run: Callable[[], Mapping[str, Path]]) -> Mapping[str, Path]:
    """Run, and say so if the server does not live as long.

    Raises:
        ProjectError: It was killed, or ended by itself.
    """
    from httpx import TransportError

    try:
        return run()
    except TransportError as error:
        raise ProjectError(
            "the Prefect server went away in the middle of the run; its log is in .prefect/. What "
            "was finished is kept: run the same command again"
        ) from error


def _prepare(name: str, url: str) -> None:
    """Import Prefect and the flow, which takes as long as the server's start beside it."""
    os.environ["PREFECT_API_URL"] = url
    with uncollected():
        import_module("flows.flush")
        import_module(FLOWS[name][0])


async def _run(
    name: str, parameters: Mapping[str, Any], say: Callable[[str], None]
) -> Mapping[str, Path]:
    from flows.flush import flush
    from flows.frame import TELL, result_of

    module, function = FLOWS[name]
    flow = getattr(import_module(module), function)
    TELL.set(say)
    try:
        result = result_of(await flow(**parameters))
    finally:
        await asyncio.to_thread(flush)
    return result.files


def verdict_lines(results: Path) -> list[str]:
    """Return the verdict of an evaluation and the next step, for the end of a command's output."""
    from understudy.proof.report import headline

    found = read_json(results)
    return [headline(found), f"what to do next: {found['next_action']}"]
