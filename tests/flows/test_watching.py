"""A watched channel under `understudy ui`: schedule, event, automation, pipeline, and what is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.commands import shelve
from tests.support.fake_feed import FakeFeed, serving_feed
from tests.support.model_server import model_server
from tests.support.project import CHECKOUT, QUICK, TestProject, make_project
from tests.support.sample_talks import read_sample
from tests.support.ui import Ui, open_ui
from understudy.artifacts import write_json, write_text
from understudy.records import Transcript
from understudy.settings import load_settings, parse_assignments
from understudy.split import Assignment
from understudy.teacher.money.ledger import read_entries
from understudy.watch import Watched
from understudy.workspace import Workspace

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1500)]

CONFIG, CHANNEL = "config/watched.yaml", "watched"
KNOWN = 8
KEY = "sk-planted-secret-0123456789abcdef"
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True)
class Channel:
    """A channel whose videos a feed names, and whose transcripts lie there already."""

    project: TestProject
    feed: FakeFeed
    log: Path
    talks: tuple[Transcript, ...]

    def publish(self, number: int) -> str:
        """Have a video appear."""
        talk = self.talks[number]
        path = Workspace(self.project.root, CHANNEL).transcript(talk.video_id)
        write_json(path, talk)
        self.feed.videos.insert(0, (talk.video_id, talk.title))
        return talk.video_id

    def calls(self) -> int:
        """Calls that the teacher completed, by its own count."""
        return len(self.log.read_text().splitlines())

    def asked_about(self) -> list[str]:
        """The video of each call in the ledger."""
        entries = read_entries(self.project.root / "data" / "ledger.jsonl")
        return [entry.item_id.partition(":")[0] for entry in entries]


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    """Eight talks with their answers, as an earlier run left them."""
    project = make_project(tmp_path_factory.mktemp("watched"))
    log = tmp_path_factory.mktemp("teacher") / "calls.jsonl"
    talks = tuple(read_sample(CHECKOUT))
    known = [talk.video_id for talk in talks[:KNOWN]]
    with serving_feed(*known) as feed, model_server("--key", KEY, "--log", log) as teacher:
        settings = load_settings(
            project.root / "config" / "demo.yaml",
            parse_assignments(
                (
                    *QUICK,
                    f"channel.name={CHANNEL}",
                    "source.kind=youtube",
                    'source.channel="@talks"',
                    "source.folder=null",
                    f"watch.feed={feed.address}",
                    "watch.retrain_after=1000",
                    "watch.interval_h=500",
                    "teacher.kind=openai",
                    f"teacher.base_url={teacher}",
                    "teacher.model=gpt-5-mini",
                )
            ),
        )
        write_text(project.root / CONFIG, yaml.safe_dump(settings.model_dump(mode="json")))
        workspace = shelve(project.root, list(talks[:KNOWN]), CHANNEL)
        write_json(workspace.watched, Watched(listed=datetime.now(UTC)))
        os.environ["OPENAI_API_KEY"] = KEY
        built = project.run("build-dataset", "--config", CONFIG)
        assert built.status == 0, built.said
        yield Channel(project, feed, log, talks)
    del os.environ["OPENAI_API_KEY"]


@pytest.fixture(scope="module")
def ui(channel: Channel) -> Iterator[Ui]:
    with open_ui(channel.project) as opened:
        yield opened


def look(ui: Ui, *due: datetime) -> None:
    """Ask for looks, overdue ones too."""
    deployment = ui.api("GET", "/deployments/name/watch/watch")
    for when in due:
        ui.api(
            "POST",
            f"/deployments/{deployment['id']}/create_flow_run",
            parameters={"config": CONFIG},
            state={"type": "SCHEDULED", "state_details": {"scheduled_time": when.isoformat()}},
        )


def all_ended(ui: Ui, flow: str, count: int) -> list[dict[str, Any]]:
    """The runs of a flow, once there are so many and each has ended."""

    def found() -> list[dict[str, Any]]:
        due = [run for run in ui.runs(flow) if not run["auto_scheduled"]]
        done = len(due) >= count and all(run["state_type"] in ENDED for run in due)
        return due if done else []

    return ui.wait(f"the end of {count} runs of {flow}", found, 400)


def test_ten_missed_looks_become_one_that_says_there_is_nothing(ui: Ui, channel: Channel) -> None:
    assert f"watching {CHANNEL}: every 500 h" in ui.said()
    calls, now = channel.calls(), datetime.now(UTC)

    look(ui, *(now - timedelta(hours=hours) for hours in range(10, 0, -1)))
    runs = all_ended(ui, "watch", 10)

    (looked,) = [run for run in runs if run["state_type"] == "COMPLETED"]
    assert [run["state_name"] for run in runs].count("Missed") == 9
    assert looked["state"]["message"] == f"no new videos among {KNOWN}, by the feed"
    assert looked["total_run_time"] < 10
    assert (channel.feed.asked, channel.calls()) == (1, calls)


def test_a_new_video_is_announced_and_the_pipeline_asks_about_it_alone(
    ui: Ui, channel: Channel
) -> None:
    before, parts = channel.calls(), parts_of(channel)
    video = channel.publish(KNOWN)

    look(ui, datetime.now(UTC))
    all_ended(ui, "watch", 11)
    (run,) = all_ended(ui, "pipeline", 1)

    assert run["created_by"]["type"] == "AUTOMATION"
    assert run["parameters"]["videos"] == [video]
    assert run["state_type"] == "COMPLETED", run["state"]
    asked = channel.asked_about()
    assert channel.calls() > before
    assert set(asked[before:]) == {video}
    assert parts.items() <= parts_of(channel).items()


def parts_of(channel: Channel) -> dict[str, str]:
    (path,) = (channel.project.data(CHANNEL) / "splits").glob("*.json")
    return dict(Assignment.model_validate_json(path.read_text()).parts)


def test_what_a_lost_event_announced_is_started_by_the_next_look(ui: Ui, channel: Channel) -> None:
    """And the model is not trained again for one video, where that takes a thousand rows."""
    (automation,) = [
        one for one in ui.api("POST", "/automations/filter") if "start the pipeline" in one["name"]
    ]
    ui.api("PATCH", f"/automations/{automation['id']}", enabled=False)
    before, video = channel.calls(), channel.publish(KNOWN + 1)

    look(ui, datetime.now(UTC))
    all_ended(ui, "watch", 12)
    time.sleep(5)
    assert len(ui.runs("pipeline")) == 1
    look(ui, datetime.now(UTC))
    all_ended(ui, "watch", 13)
    run = all_ended(ui, "pipeline", 2)[-1]

    assert run["parameters"]["videos"] == [video]
    assert run["state"]["message"].startswith("not trained again: ")
    assert set(channel.asked_about()[before:]) == {video}
    assert awaited(channel) == ()


def awaited(channel: Channel) -> tuple[Any, ...]:
    path = Workspace(channel.project.root, CHANNEL).watched
    return Watched.model_validate_json(path.read_text()).awaited


def test_a_killed_run_ends_as_crashed(ui: Ui, channel: Channel) -> None:
    process = channel.project.start("train", "--config", CONFIG, settings=("train.epochs=30",))
    ui.wait("the training", lambda: [one for one in running(ui, "train") if one], 120)
    time.sleep(3)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    ui.wait("the crash", lambda: not running(ui, "train"), 200)
    assert ui.runs("train")[-1]["state_type"] == "CRASHED"


def running(ui: Ui, flow: str) -> list[dict[str, Any]]:
    return [run for run in ui.runs(flow) if run["state_type"] == "RUNNING"]


def test_a_killed_ui_leaves_nothing_behind(ui: Ui) -> None:
    asked = ["ps", "-o", "pid=", "--ppid", str(ui.process.pid)]
    children = [int(pid) for pid in subprocess.check_output(asked).split()]
    assert len(children) == 2

    ui.process.kill()
    ui.process.wait()

    deadline = time.monotonic() + 40
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert [pid for pid in children if alive(pid)] == []


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
