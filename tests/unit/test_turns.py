"""One training on a device at a time; whoever waits says for whom, and can be stopped."""

from __future__ import annotations

import os

import pytest

from understudy.errors import TrainingError
from understudy.locking import take
from understudy.training.turns import LOCK, device_turn


def test_the_next_one_goes_on_once_the_holder_has_let_go(tmp_path, monkeypatch):
    holder, events = take(tmp_path / LOCK, what="the device"), list[dict]()
    monkeypatch.setattr("understudy.training.turns._AGAIN_S", 0.01)

    def send(event: dict) -> None:
        events.append(event)
        os.close(holder)

    with device_turn(tmp_path, send, lambda: False):
        assert [event["event"] for event in events] == ["waiting"]
        assert f"process {os.getpid()}" in events[0]["message"]


def test_nobody_waits_for_a_free_device(tmp_path):
    for _ in range(2):
        with device_turn(tmp_path, pytest.fail, lambda: False):
            pass


def test_one_that_waits_can_be_stopped(tmp_path):
    holder = take(tmp_path / LOCK, what="the device")

    with (
        pytest.raises(TrainingError, match="stopped while it waited"),
        device_turn(tmp_path, lambda _: None, lambda: True),
    ):
        pytest.fail("two holders")

    os.close(holder)
