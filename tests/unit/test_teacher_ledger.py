"""A completed call is stored once, survives a kill, and has one writer."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.errors import BusyError, WriteError
from understudy.records import digest_of
from understudy.teacher.calling.calls import Usage
from understudy.teacher.money.ledger import Entry, Ledger, read_entries, spent


def entry(name: str, body: str = "{}", channel: str = "demo") -> Entry:
    return Entry(
        digest=digest_of(name),
        at="2026-11-22T00:00:00.000+00:00",
        channel=channel,
        item_id="talk01",
        kind="questions",
        endpoint="http://127.0.0.1/v1",
        model="m",
        prompt_version="1",
        usage=Usage(prompt=10, completion=5),
        cost_usd=0.25,
        latency_s=0.1,
        attempts=1,
        prompt_chars=40,
        body=body,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.jsonl"


def test_what_was_appended_is_found_now_and_after_opening_again(path):
    body = '{"text": "lines\nand \u2028 and \\ud83d"}'
    with Ledger(path) as ledger:
        ledger.append(entry("one", body))
        ledger.append(entry("two"))
        assert ledger.find(digest_of("one")) == entry("one", body)

    with Ledger(path) as ledger:
        assert ledger.find(digest_of("one")) == entry("one", body)
        assert ledger.find(digest_of("three")) is None
        assert len(ledger) == 2


@pytest.mark.parametrize("cut", [1, 2, 30, 200])
def test_a_torn_line_costs_itself_only(path, cut):
    with Ledger(path) as ledger:
        ledger.append(entry("whole"))
        ledger.append(entry("torn"))
    os.truncate(path, path.stat().st_size - cut)

    with Ledger(path) as ledger:
        ledger.append(entry("after"))
        found = [ledger.find(digest_of(name)) is not None for name in ("whole", "torn", "after")]

    only_the_newline_is_gone = cut == 1
    assert found == [True, only_the_newline_is_gone, True]
    whole = [one.digest for one in read_entries(path)]
    assert len(whole) == 2 + only_the_newline_is_gone


def test_a_line_that_another_program_wrote_is_not_paid_again(path):
    with Ledger(path) as ledger:
        ledger.append(entry("one"))
    fields = json.loads(path.read_text())
    path.write_text(json.dumps(dict(sorted(fields.items()))) + "\n")

    with Ledger(path) as ledger:
        assert ledger.find(digest_of("one")) == entry("one")


def test_a_damaged_line_does_not_hide_the_same_call_before_it(path):
    with Ledger(path) as ledger:
        ledger.append(entry("one"))
    line = path.read_bytes()
    path.write_bytes(line + line.replace(b'"attempts":1', b'"attempts":?'))

    with Ledger(path) as ledger:
        assert ledger.find(digest_of("one")) == entry("one")


def test_a_line_of_something_else_is_skipped(path):
    with Ledger(path) as ledger:
        ledger.append(entry("one"))
    with path.open("ab") as stream:
        stream.write(b'not json\n{"digest":"' + b"f" * 64 + b'","at":1}\n\xff\xfe\n')

    with Ledger(path) as ledger:
        assert ledger.find("f" * 64) is None
        assert ledger.find(digest_of("one")) is not None


def test_a_second_writer_is_told_who_holds_it(path):
    with Ledger(path), pytest.raises(BusyError, match=rf"in use by process {os.getpid()}:"):
        Ledger(path)


def test_the_lock_dies_with_its_process(path):
    code = (
        "import sys, os; from pathlib import Path; from understudy.teacher.money.ledger import Ledger\n"
        f"ledger = Ledger(Path({str(path)!r})); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)

    with Ledger(path) as ledger:
        assert len(ledger) == 0


def test_a_full_disk_is_an_error_and_the_next_line_stands_alone(path, monkeypatch):
    with Ledger(path) as ledger:
        ledger.append(entry("one"))
        write = os.write
        monkeypatch.setattr(os, "write", lambda handle, content: write(handle, content[:20]))
        with pytest.raises(WriteError, match="only 20 of"):
            ledger.append(entry("two"))
        monkeypatch.undo()
        ledger.append(entry("three"))

    assert [one.digest for one in read_entries(path)] == [digest_of("one"), digest_of("three")]


def test_what_a_channel_has_spent_is_its_own(path):
    with Ledger(path) as ledger:
        ledger.append(entry("one"))
        ledger.append(entry("two", channel="other"))

    assert spent(path, "demo") == 0.25
    assert spent(path.with_name("none.jsonl"), "demo") == 0


def test_others_may_not_read_it(path):
    with Ledger(path):
        assert path.stat().st_mode & 0o077 == 0


def test_a_closed_ledger_writes_into_no_file_that_was_opened_since(path, tmp_path):
    with Ledger(path) as ledger:
        ledger.append(entry("one"))
    other = (tmp_path / "other").open("wb")  # most likely under the same number

    with other, pytest.raises(WriteError):
        ledger.append(entry("two"))

    assert (tmp_path / "other").read_bytes() == b""
    assert [one.digest for one in read_entries(path)] == [digest_of("one")]


def test_a_disk_that_refuses_at_the_end_is_named_and_the_lock_let_go(path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    ledger = Ledger(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WriteError, match="No space left"):
            ledger.close()

    Ledger(path).close()
