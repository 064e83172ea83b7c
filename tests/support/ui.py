"""`understudy ui` of a project of its own, for as long as a test needs it."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from flows.home import auth_string
from tests.support.project import TestProject

START_LIMIT_S = 240


@dataclass(frozen=True)
class Ui:
    """The running command and its API."""

    project: TestProject
    process: subprocess.Popen[bytes]
    address: str

    def api(self, method: str, path: str, **json: Any) -> Any:
        """Ask the API as the UI's user; no content is None. A locked database is asked again."""
        user, _, password = auth_string(self.project.root / ".prefect").partition(":")
        with httpx.Client(auth=(user, password), timeout=30, headers=self._csrf()) as client:
            for _ in range(20):
                reply = client.request(method, f"{self.address}/api{path}", json=json or None)
                if reply.status_code != 503:
                    break
                time.sleep(0.5)
        reply.raise_for_status()
        return reply.json() if reply.content else None

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """The runs of a flow, oldest first."""
        return self.api(
            "POST",
            "/flow_runs/filter",
            flows={"name": {"any_": [flow]}},
            sort="EXPECTED_START_TIME_ASC",
        )

    def wait(self, what: str, found: Any, limit_s: float = 120) -> Any:
        """Wait until `found()` is true, and return what it was."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.said()
            if result := found():
                return result
            time.sleep(0.5)
        raise AssertionError(f"{what} did not come within {limit_s} s")

    def said(self) -> str:
        return (self.project.root / "ui.log").read_text()

    def _csrf(self) -> dict[str, str]:
        user, _, password = auth_string(self.project.root / ".prefect").partition(":")
        with httpx.Client(auth=(user, password), timeout=30) as client:
            token = client.get(f"{self.address}/api/csrf-token?client=tests").json()["token"]
        return {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "tests"}


@contextmanager
def open_ui(project: TestProject) -> Iterator[Ui]:
    """Run the command until the block ends; it is then interrupted, or was killed before."""
    log = project.root / "ui.log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("w") as stream:
        process = subprocess.Popen(
            project.command("ui", "--port", str(port)),
            cwd=project.root,
            env=project.environment(),
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_LIMIT_S
    while "once per browser" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.3)
    try:
        yield Ui(project, process, f"http://127.0.0.1:{port}")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
