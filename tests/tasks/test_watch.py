"""A look at a channel: by its feed where that does, and what it hands to the pipeline."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from prefect.logging import disable_run_logger

import flows.watch as flow
import tasks.watch as stage
from tasks.project import Project
from tests.support.fake_feed import serving_feed
from understudy.artifacts import write_json, write_jsonl, write_text
from understudy.errors import ConfigError, SourceUnreachableError
from understudy.locking import exclusive
from understudy.records import Video
from understudy.settings import load_settings
from understudy.sources.listing import Listed
from understudy.videos import VideoLedger
from understudy.watch import Watched
from understudy.workspace import Workspace

OLD, NEW, LATER = "-Yg9-GwQNWQ", "dQw4w9WgXcQ", "_M-iBmbR0c_"


def video(video_id, **fields):
    return Video(video_id=video_id, title=f"Talk {video_id}", origin="youtube", **fields)


class Channel:
    """A channel with one known video, its feed, and a stand-in for the full listing."""

    def __init__(self, root, tmp_path, feed, monkeypatch):
        self.feed, self.listed = feed, 0
        self.videos = [video(OLD)]
        settings = load_settings(root / "config/jason_fung.yaml", {"watch": {"feed": feed.address}})
        self.project = Project(settings, Workspace(tmp_path, "jason_fung"), "config/x.yaml")
        self.workspace = self.project.workspace
        write_jsonl(self.workspace.videos, [video(OLD, status="transcribed")])
        write_json(self.workspace.watched, Watched(listed=datetime.now(UTC)))
        monkeypatch.setattr(stage, "list_source", self.list_source)

    def list_source(self, *_, **__):
        self.listed += 1
        return Listed(tuple(self.videos), {}, channel_id="UC" + "a" * 22)

    def look(self):
        with disable_run_logger():
            return asyncio.run(stage.look.fn(self.project))

    @property
    def state(self):
        return stage.read_watched(self.workspace)


@pytest.fixture
def channel(root, tmp_path, monkeypatch):
    with serving_feed(OLD) as feed:
        yield Channel(root, tmp_path, feed, monkeypatch)


def test_a_look_without_news_is_one_small_request(channel):
    news = channel.look()

    assert (channel.feed.asked, channel.listed) == (1, 0)
    assert (news.turn.new, news.turn.again, news.known, news.by) == ((), (), 1, "feed")


def test_a_new_video_is_in_the_ledger_and_awaited(channel):
    channel.feed.videos.insert(0, (NEW, "On hives"))

    news = channel.look()

    assert news.turn.new == (NEW,)
    assert VideoLedger.open(channel.workspace.videos).get(NEW).title == "On hives"
    assert [one.video_id for one in channel.state.awaited] == [NEW]
    assert channel.listed == 0


def test_the_whole_channel_is_listed_where_the_feed_fails_or_leaves_a_gap(channel):
    channel.videos.append(video(NEW))
    channel.feed.status = 500
    assert channel.look().turn.new == (NEW,)
    channel.feed.status = 200
    channel.feed.videos = [(LATER, "Newest")]
    channel.videos.append(video(LATER))

    assert channel.look().turn.new == (NEW, LATER)
    assert channel.listed == 2
    assert channel.state.channel_id == "UC" + "a" * 22


def test_the_whole_channel_is_listed_once_a_day(channel):
    before = Watched(listed=datetime.now(UTC) - timedelta(hours=25))
    write_json(channel.workspace.watched, before)

    first, second = channel.look(), channel.look()

    assert (first.by, second.by, channel.listed) == ("listing", "feed", 1)


def test_a_kill_between_the_two_files_loses_no_video(channel, monkeypatch):
    channel.feed.videos.insert(0, (NEW, "On hives"))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(VideoLedger, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            channel.look()

    assert channel.look().turn.new == (NEW,)


def test_a_channel_of_imports_cannot_be_watched(channel):
    source = channel.project.settings.source.model_copy(update={"kind": "imported"})
    settings = channel.project.settings.model_copy(update={"source": source})
    channel.project = Project(settings, channel.workspace, "config/x.yaml")

    with pytest.raises(ConfigError, match="nothing new appears by itself"):
        channel.look()


# --- what the flow does with it ----------------------------------------------


class Handed:
    """The flow's body, and what it would have had Prefect do."""

    def __init__(self, channel, monkeypatch):
        self.announced, self.started, self.dropped = [], [], 0
        self.running: str | None = None
        monkeypatch.setattr(flow, "open_project", lambda *_: channel.project)
        monkeypatch.setattr(flow, "look", stage.look.fn)
        monkeypatch.setattr(flow, "announce", lambda name, given: self.announced.append(given))
        monkeypatch.setattr(flow, "start_pipeline", self.start)
        monkeypatch.setattr(flow, "unfinished_pipeline", self.unfinished)
        monkeypatch.setattr(flow, "drop_missed", self.drop)

    async def start(self, given):
        self.started.append(given)

    async def unfinished(self, config):
        assert config == "config/x.yaml"
        return self.running

    async def drop(self, config):
        self.dropped += 1

    def look(self):
        with disable_run_logger():
            return asyncio.run(flow.watch.fn("config/x.yaml"))


@pytest.fixture
def handed(channel, monkeypatch):
    return Handed(channel, monkeypatch)


def test_no_news_end_completed_and_say_so(handed):
    state = handed.look()

    assert (state.type, state.message) == ("COMPLETED", "no new videos among 1, by the feed")
    assert (handed.announced, handed.started, handed.dropped) == ([], [], 1)


def test_a_new_video_is_announced_alone_and_once(handed, channel):
    channel.feed.videos.insert(0, (NEW, "On hives"))

    state = handed.look()

    (given,) = handed.announced
    assert (given["videos"], given["config"], given["new_rows"]) == ([NEW], "config/x.yaml", 20)
    assert handed.started == []
    assert state.message == f"1 new: {NEW}"


def test_what_an_event_lost_is_started_by_the_next_look(handed, channel):
    channel.feed.videos.insert(0, (NEW, "On hives"))
    handed.look()
    channel.feed.videos.insert(0, (LATER, "Newest"))

    handed.look()

    assert [one["videos"] for one in handed.announced] == [[NEW], [LATER]]
    assert [one["videos"] for one in handed.started] == [[NEW]]


def test_while_a_run_is_at_work_nothing_is_started_or_counted(handed, channel):
    channel.feed.videos.insert(0, (NEW, "On hives"))
    handed.running = "pipeline · config/x.yaml"

    state = handed.look()

    assert "wait for the end of the run 'pipeline" in state.message
    assert (handed.announced, handed.started) == ([], [])
    assert [one.tries for one in channel.state.awaited] == [0]


def test_a_channel_that_is_worked_on_is_left_alone(handed, channel):
    with exclusive(channel.workspace.lock, what="the channel jason_fung"):
        state = asyncio.run(_in_another_context(handed))

    assert state.type == "COMPLETED"
    assert state.message.startswith("did not look: the channel jason_fung is in use by process")


async def _in_another_context(handed):
    """As another process sees the lock: this one holds it, and would be let in again."""
    from understudy import locking

    locking._held.set(frozenset())
    with disable_run_logger():
        return await flow.watch.fn("config/x.yaml")


def test_a_refusal_of_everything_fails_the_look(handed, channel, monkeypatch):
    channel.feed.status = 500

    def unreachable(*_, **__):
        raise SourceUnreachableError("cannot reach YouTube")

    monkeypatch.setattr(stage, "list_source", unreachable)

    with pytest.raises(SourceUnreachableError):
        handed.look()


def test_the_pipelines_end_settles_what_has_its_answers(channel):
    channel.feed.videos[:0] = [(NEW, "On hives"), (LATER, "Newest")]
    channel.look()
    write_text(channel.workspace.answers(NEW), "{}")

    stage.settle_awaited(channel.workspace)

    assert [one.video_id for one in channel.state.awaited] == [LATER]
