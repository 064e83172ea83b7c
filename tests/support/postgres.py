"""A PostgreSQL server in a folder of its own, under an unprivileged user."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg

START_LIMIT_S = 60


def postgres_tools() -> Path | None:
    """The folder of `initdb` and `postgres`: Debian keeps them off the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in debian if (folder / "initdb").exists()), None)


class Database:
    """A running server."""

    def __init__(self, port: int, password: str) -> None:
        self._place = f"understudy:{password}@127.0.0.1:{port}/postgres"

    @property
    def url(self) -> str:
        """As Prefect takes it."""
        return f"postgresql+asyncpg://{self._place}"

    def value(self, query: str):
        """The one value that a query gives."""
        return asyncio.run(self._value(query))

    async def _value(self, query: str):
        connection = await asyncpg.connect(f"postgresql://{self._place}", timeout=5)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()


@contextmanager
def postgres(tools: Path) -> Iterator[Database]:
    """Make a database and serve it until the end of the block."""
    user = "postgres" if os.geteuid() == 0 else None  # as root it refuses to work
    folder = Path(tempfile.mkdtemp(prefix="understudy-postgres-"))
    password, data = secrets.token_hex(16), folder / "data"
    (folder / "password").write_text(password)
    if user:
        for path in (folder, folder / "password"):
            shutil.chown(path, user)
    try:
        subprocess.run(
            [tools / "initdb", "--pgdata", data, "--username", "understudy", "--encoding", "UTF8",
             "--auth", "scram-sha-256", "--pwfile", folder / "password", "--no-sync"],
            cwd=folder, user=user, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        port = _free_port()
        served = subprocess.Popen(
            [tools / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1",
             "-c", "unix_socket_directories=", "-c", "fsync=off"],
            cwd=folder, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield _ready(Database(port, password), served)
        finally:
            served.terminate()
            served.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ready(database: Database, served: subprocess.Popen[bytes]) -> Database:
    deadline = time.monotonic() + START_LIMIT_S
    while served.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, asyncpg.PostgresError):
            database.value("select 1")
            return database
        time.sleep(0.2)
    raise TimeoutError("PostgreSQL did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
