"""`logs/understudy.log`: what every run said, in one file that several processes write and rotate."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

PATH_VARIABLE = "UNDERSTUDY_LOG"
"""The file; without it nothing is kept."""
FORMAT_VARIABLE = "UNDERSTUDY_LOG_FORMAT"
"""`json` for JSON lines."""
LOGGERS = ("prefect", "understudy")
MAX_BYTES = 5_000_000
KEPT = 4
"""Older files beside the one that is written: `understudy.log.1` is the newest of them."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PROXY|AUTH")
_SHORTEST_SECRET = 8


def keep_log(environment: Mapping[str, str]) -> None:
    """Have this process write into the log file that its environment names, if it names one.

    A file that cannot be written costs the lines and never the work.
    """
    if not (named := environment.get(PATH_VARIABLE)):
        return
    path = Path(named)
    if any(isinstance(one, LogFile) for one in logging.getLogger(LOGGERS[0]).handlers):
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = LogFile(path)
        as_json = environment.get(FORMAT_VARIABLE) == "json"
        handler.setFormatter(Line(secrets_in(environment), as_json=as_json))
        for name in LOGGERS:
            logger = logging.getLogger(name)
            logger.addHandler(handler)
            if logger.getEffectiveLevel() > logging.INFO:
                logger.setLevel(logging.INFO)


def secrets_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values that no line may hold, by the names of their variables; longest first."""
    found = {
        value
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    }
    return tuple(sorted(found, key=len, reverse=True))


class Line(logging.Formatter):
    """A record as a line of text or of JSON, without secrets."""

    def __init__(self, secrets: tuple[str, ...], *, as_json: bool) -> None:
        super().__init__()
        self._secrets, self._as_json = secrets, as_json

    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage()
        if record.exc_info:
            said += "\n" + self.formatException(record.exc_info)
        for secret in self._secrets:
            said = said.replace(secret, "***")
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        flow, task = (getattr(record, name, None) for name in ("flow_run_name", "task_run_name"))
        if self._as_json:
            fields = {
                "at": at,
                "level": record.levelname,
                "logger": record.name,
                "process": record.process,
                "flow_run": flow,
                "task_run": task,
                "message": said,
            }
            return json.dumps(fields, ensure_ascii=False)
        where = " · ".join(str(one) for one in (flow, task) if one) or record.name
        return f"{at} {record.levelname:<8} {where} | " + said.replace("\n", "\n    ")


class LogFile(WatchedFileHandler):
    """A file that rotates by its size, whichever of its writers notices first.

    The standard library's rotating handler has one writer in mind: another process would go on
    writing into the file that was moved away.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self._path, self._max_bytes, self._kept = path, max_bytes, kept

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            if self._full():
                self._rotate()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the library's name)
        """A full disk is said by the work that fails on it, not by each line about it."""

    def _full(self) -> bool:
        return self._path.stat().st_size >= self._max_bytes

    def _rotate(self) -> None:
        """Move the files on by one, unless another process just did."""
        lock = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._full():
                return
            for number in range(self._kept, 0, -1):
                older = self._path.with_name(f"{self._path.name}.{number}")
                newer = (
                    older.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
                )
                with suppress(FileNotFoundError):
                    newer.replace(older)
        finally:
            os.close(lock)
