"""The project's home in the browser: server, deployments and a worker, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from flows.home import auth_string, environment, external_server, open_home
from flows.server import announced, answering, running_server, start_server, stop
from understudy.errors import ProjectError

POOL = "understudy"


def serve(root: Path, *, port: int, say: Callable[[str], None]) -> None:
    """Start everything, print the address, and end everything on Ctrl-C.

    Where the environment names a server elsewhere, there is none to start: its deployments are
    registered and a worker of this machine takes their runs.

    Raises:
        ProjectError: It runs already, or a part of it did not start.
    """
    if (running := running_server(root)) is not None:
        raise ProjectError(
            f"the UI of this project is up already at {running.removesuffix('/api')}"
        )
    for stopping in (signal.SIGTERM, signal.SIGINT):  # in the background a shell ignores Ctrl-C
        signal.signal(stopping, signal.default_int_handler)
    started: list[subprocess.Popen[bytes]] = []
    try:
        if external := external_server():
            url = answering(external)
        else:
            say("starting the server …")
            own, url = start_server(root, port=port)
            started.append(own)
        os.environ.update(environment(root), PREFECT_API_URL=url)
        say("registering the deployments …")
        _register(root, say)
        started.append(_worker(root))
        with nullcontext() if external else announced(root, url):
            say(f"Prefect is at {url.removesuffix('/api')}  (Ctrl-C ends it)")
            if not external:
                say(f"it asks for this once per browser: {auth_string(open_home(root))}")
            _wait(*started)
    except KeyboardInterrupt:
        say("\nstopping …")
    finally:
        for process in reversed(started):
            stop(process)


def _register(root: Path, say: Callable[[str], None]) -> None:
    """Set up the pool, the deployments, the schedules and the automations."""
    from flows.registering import make_pool, register  # Prefect, under the environment set above

    asyncio.run(make_pool(POOL))
    _prefect(root, "--no-prompt", "deploy", "--all")
    for line in asyncio.run(register(root)):
        say(line)


def _prefect(root: Path, *arguments: str) -> None:
    """Run one Prefect command in the project.

    Raises:
        ProjectError: It failed; holds its last lines.
    """
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *arguments],
        cwd=root,
        env=_with_flows(root),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise ProjectError(f"`prefect {' '.join(arguments)}` failed:\n{tail}")


def _worker(root: Path) -> subprocess.Popen[bytes]:
    """Start the worker that executes what the UI and the schedules ask for."""
    log = (open_home(root) / "worker.log").open("wb")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "flows.working", POOL, str(os.getpid())],
            cwd=root,
            env=_with_flows(root),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _with_flows(root: Path) -> dict[str, str]:
    """Our environment, in which the checkout's `flows` and `tasks` can be imported."""
    return {**os.environ, "PYTHONPATH": str(root)}


def _wait(*processes: subprocess.Popen[bytes]) -> None:
    """Sleep until a process ends by itself, which none should.

    Raises:
        ProjectError: One did; its log says why.
    """
    while True:
        for process in processes:
            if process.poll() is not None:
                raise ProjectError("a part of the UI ended by itself: see the logs in .prefect/")
        time.sleep(0.5)
