"""The log file: one line a record, no secret, rotated by whoever of its writers comes first."""

from __future__ import annotations

import json
import logging

import pytest

from understudy.logfile import Line, LogFile, keep_log, secrets_in

KEY = "sk-planted-0123456789"
ENVIRONMENT = {
    "OPENAI_API_KEY": KEY,
    "PREFECT_API_AUTH_STRING": "understudy:abcdefgh",
    "HOME": "/home/me",
}


def record(message, *arguments, **extra):
    made = logging.LogRecord("prefect.task_runs", logging.INFO, "", 0, message, arguments, None)
    made.__dict__.update({"created": 0.0} | extra)
    return made


@pytest.fixture
def loggers():
    before = {
        name: (logging.getLogger(name).level, logging.getLogger(name).handlers[:])
        for name in ("prefect", "understudy")
    }
    yield
    for name, (level, handlers) in before.items():
        logger = logging.getLogger(name)
        for handler in [one for one in logger.handlers if one not in handlers]:
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(level)


def test_a_line_names_the_time_the_level_and_the_item():
    line = Line((), as_json=False).format(
        record("%d answers", 7, flow_run_name="pipeline · x", task_run_name="answers · dQw4w9WgXcQ")
    )

    assert line == (
        "1970-01-01T00:00:00.000+00:00 INFO     pipeline · x · answers · dQw4w9WgXcQ | 7 answers"
    )


def test_as_json_every_record_is_one_line():
    line = Line((), as_json=True).format(record("two\nlines", task_run_name="answers · a"))

    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines"
    assert json.loads(line)["task_run"] == "answers · a"


@pytest.mark.parametrize("as_json", [True, False])
def test_no_line_holds_a_secret(as_json):
    secrets = secrets_in(ENVIRONMENT)
    failed = record(f"refused {KEY}", exc_info=(ValueError, ValueError(f"key {KEY}"), None))

    line = Line(secrets, as_json=as_json).format(failed)

    assert KEY not in line
    assert line.count("***") == 2
    assert "/home/me" not in secrets


def test_a_full_file_is_moved_on_and_two_writers_lose_nothing(tmp_path):
    path = tmp_path / "understudy.log"
    writers = [LogFile(path, max_bytes=200, kept=3) for _ in range(2)]
    for number in range(23):
        writers[number % 2].emit(record(f"line {number:02} {'.' * 40}"))
    for writer in writers:
        writer.close()

    files = sorted(tmp_path.iterdir(), reverse=True)
    said = "".join(one.read_text() for one in files)
    assert [one.name for one in files] == [
        "understudy.log.3", "understudy.log.2", "understudy.log.1", "understudy.log",
    ]  # fmt: skip
    numbers = [int(line.split()[1]) for line in said.splitlines()]
    assert numbers == list(range(5, 23))  # the oldest file is gone
    assert all(one.stat().st_size < 300 for one in files)


def test_the_log_is_kept_where_the_environment_says_and_only_once(tmp_path, loggers):
    path = tmp_path / "logs" / "understudy.log"
    keep_log({"UNDERSTUDY_LOG": str(path)})
    keep_log({"UNDERSTUDY_LOG": str(path)})

    logging.getLogger("prefect.somewhere").info("hello")
    logging.getLogger("understudy.x").info("from the package")

    assert [line.rpartition("| ")[2] for line in path.read_text().splitlines()] == [
        "hello",
        "from the package",
    ]


def test_without_a_name_or_a_place_nothing_is_kept_and_nothing_fails(tmp_path, loggers):
    blocked = tmp_path / "file"
    blocked.touch()

    keep_log({})
    keep_log({"UNDERSTUDY_LOG": str(blocked / "understudy.log")})

    assert list(tmp_path.iterdir()) == [blocked]
