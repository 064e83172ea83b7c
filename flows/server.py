"""A real Prefect server for as long as it is needed: never the ephemeral one.

The ephemeral server loses what it has not written when the process ends, and a
machine under load misses its start-up limit (docs/DECISIONS.md).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from flows.home import EXTERNAL, environment, external_server, open_home
from understudy.artifacts import write_json
from understudy.errors import ProjectError
from understudy.ports import refuse_taken

START_LIMIT_S = 180
"""A cold start compiles nothing but imports a lot: 5 s here when idle, a minute under load."""
STOP_LIMIT_S = 30


def _nothing(url: str) -> None:
    """What is done meanwhile by default."""


@contextmanager
def server(root: Path, meanwhile: Callable[[str], None] = _nothing) -> Generator[str]:
    """Offer an API address: of the server that the environment names, of a running `understudy ui`,
    or of a server of our own.

    Our own is stopped at the end by SIGTERM, after which it writes what it
    has not written yet.

    Args:
        meanwhile: What can be done with the address before the server answers there, such as
            seconds of imports.

    Raises:
        ProjectError: The server did not come up; names its log. Or the one that was named does not
            answer.
    """
    if (external := external_server()) is not None:
        url = answering(external)
        meanwhile(url)
        yield url
        return
    if (running := running_server(root)) is not None:
        meanwhile(running)
        yield running
        return
    process, url = _launch(root, _free_port())
    try:
        meanwhile(url)
        _await(process, url, root)
        yield url
    finally:
        stop(process)


def answering(external: str) -> str:
    """Return the address of a server elsewhere, if it answers.

    Raises:
        ProjectError: It does not, or it is no address.
    """
    if external.startswith(("http://", "https://")) and healthy(external):
        return external
    raise ProjectError(
        f"no Prefect server answers at {external}, which {EXTERNAL} names: start it, correct the "
        "address (it ends in /api), or unset the variable to work with a server of the project's own"
    )


def start_server(root: Path, *, port: int | None = None) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server on loopback and wait until it answers.

    Raises:
        ProjectError: The port is taken; or it ended or did not answer in time: names its log.
    """
    if port is not None:
        refuse_taken(port, program="`understudy ui`")
    process, url = _launch(root, port or _free_port())
    try:
        _await(process, url, root)
    except BaseException:
        stop(process)
        raise
    return process, url


def _launch(root: Path, chosen: int) -> tuple[subprocess.Popen[bytes], str]:
    url = f"http://127.0.0.1:{chosen}/api"
    with _log(root).open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.serving", str(chosen), str(os.getpid())],
            env={**os.environ, **environment(root), **_server_only(url)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=root,
            start_new_session=True,  # Ctrl-C reaches the flow first and the server last
        )
    return process, url


def _await(process: subprocess.Popen[bytes], url: str, root: Path) -> None:
    """Wait until the server answers.

    Raises:
        ProjectError: It ended or did not answer in time; names its log.
    """
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if healthy(url):
            return
        time.sleep(0.1)
    raise ProjectError(
        f"the Prefect server did not start; the last lines of {_log(root).relative_to(root)} say why"
    )


def _log(root: Path) -> Path:
    return open_home(root) / "server.log"


def _server_only(url: str) -> dict[str, str]:
    return {
        "PREFECT__SERVER_FINAL": "1",
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": url.removesuffix("/api"),
        "PREFECT_UI_API_URL": url,
    }


def healthy(url: str) -> bool:
    """Whether a Prefect API answers at this address."""
    with suppress(URLError, OSError, ValueError), urlopen(f"{url}/health", timeout=2) as reply:  # noqa: S310
        return reply.status == 200
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process by SIGTERM, and by SIGKILL when it does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def running_server(root: Path) -> str | None:
    """Return the address of this project's `understudy ui`, if one is up."""
    try:
        noted: Mapping[str, Any] = json.loads(_note(root).read_text(encoding="utf-8"))
        url, pid = str(noted["url"]), int(noted["pid"])
        os.kill(pid, 0)  # a note that a kill left behind may name a port that is another's by now
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if url.startswith("http://127.0.0.1:") and healthy(url) else None


@contextmanager
def announced(root: Path, url: str) -> Generator[None]:
    """Let other commands of this project find the server while it runs."""
    write_json(_note(root), {"url": url, "pid": os.getpid()})
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            _note(root).unlink()


def _note(root: Path) -> Path:
    return open_home(root) / "server.json"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
