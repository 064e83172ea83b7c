"""The project's own Prefect home: its folder, its secret, its environment.

Imports no Prefect, because Prefect reads its environment when it is imported.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from understudy.logfile import PATH_VARIABLE

FOLDER = ".prefect"
EXTERNAL = "UNDERSTUDY_API_URL"
"""Variable with the address of a Prefect server that runs elsewhere, ending in `/api`."""
AUTH = "PREFECT_API_AUTH_STRING"


def external_server() -> str | None:
    """Return the server that the environment names; None for one of the project's own."""
    return os.environ.get(EXTERNAL, "").rstrip("/") or None


def open_home(root: Path) -> Path:
    """Return the project's Prefect home, readable by its owner alone."""
    home = root / FOLDER
    home.mkdir(mode=0o700, exist_ok=True)
    home.chmod(0o700)
    return home


def auth_string(home: Path) -> str:
    """Return the server's user and password, made once and kept in the home.

    Without it any web page open in a browser could start runs: the server
    listens on loopback, and so does every browser.
    """
    path = home / "auth"
    with suppress(FileNotFoundError):
        if kept := path.read_text(encoding="ascii").strip():  # empty, it would let anybody in
            return kept
    made = f"understudy:{secrets.token_urlsafe(24)}"
    draft = home / f"auth.{os.getpid()}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(made + "\n")
    draft.replace(path)  # whole or not at all: a kill leaves no empty one
    return made


def environment(root: Path, *, console_level: str = "INFO") -> dict[str, str]:
    """Return the variables under which this project uses Prefect, server and clients alike.

    Args:
        console_level: Least level of Prefect's own lines in the terminal.
    """
    home = open_home(root)
    return _auth(home) | {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": "http://127.0.0.1",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",  # the new one calls an analytics host
        # In batches: a task run then costs the server a quarter. Whole seconds: Prefect cuts a
        # fraction off, and a recorder that flushes every 0 seconds keeps a core busy
        # (docs/DECISIONS.md).
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "500",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
        # A run that is silent for 90 s counts as dead (flows.registering).
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "understudy",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": console_level,
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        # Whatever is set, Prefect writes down the exception of a flow that failed: not as a pickle.
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "UNDERSTUDY_ROOT": str(root),
        PATH_VARIABLE: str(root / "logs" / "understudy.log"),
    }


def _auth(home: Path) -> dict[str, str]:
    """The project's secret for its own server; another one's is left as the environment has it."""
    if external_server():
        return {}
    auth = auth_string(home)
    return {AUTH: auth, f"PREFECT_SERVER_{AUTH.removeprefix('PREFECT_')}": auth}
