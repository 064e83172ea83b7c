from __future__ import annotations

import asyncio
import json
from datetime import date

import pytest
from prefect.logging import disable_run_logger

import tasks.transcripts as stage
import tasks.videos as listing_stage
from flows.collect import collect
from tasks.importing import import_file
from tasks.policy import unwrap
from tasks.project import Project
from tests.support import fake_youtube as fake
from understudy.artifacts import read_record
from understudy.errors import EmptySourceError, WriteError
from understudy.records import Transcript
from understudy.settings import load_settings
from understudy.sources.captions_api import YouTubeCaptions
from understudy.sources.patience import Patience
from understudy.sources.youtube import YouTubeSource
from understudy.videos import VideoLedger
from understudy.workspace import Workspace

IDS = ("-Yg9-GwQNWQ", "_M-iBmbR0c_", "dQw4w9WgXcQ")


@pytest.fixture
def project(tmp_path, root):
    """The demo's settings over an empty root, changed section by section."""

    def make(**changes) -> Project:
        settings = load_settings(
            root / "config/demo.yaml",
            {
                "source": {"folder": "talks", **changes.get("source", {})},
                "transcripts": {"min_words": 2, **changes.get("transcripts", {})},
            },
        )
        return Project(settings, Workspace(root=tmp_path, channel="demo"), "config/demo.yaml")

    (tmp_path / "talks").mkdir()
    return make


def talk(project, name, text="one two three", **fields):
    path = project.workspace.root / "talks" / f"{name}.json"
    path.write_text(json.dumps({"title": name, "text": text, **fields}))


class Run:
    """What one run of the flow's body asked for and came to."""

    def __init__(self, project, source=None):
        self.project, self.source = project, source
        self.asked: list[str] = []
        with disable_run_logger():
            asyncio.run(self._run())

    async def _run(self):
        project = self.project
        source = self.source or stage.open_source(project)
        self.listing = unwrap(await listing_stage.list_videos.fn(project))
        self.ledger = VideoLedger.open(project.workspace.videos)
        for video in stage.waiting(project, self.ledger, self.listing.video_ids, source):
            if source.given_up:
                break
            self.asked.append(video.video_id)
            fetching = stage.fetch_transcript.fn(video, source=source, project=project)
            await stage.recorded(fetching, video, self.ledger)
        self.result = stage.settle_transcripts.fn(
            project,
            ledger=self.ledger,
            listed=self.listing.video_ids,
            asked=set(self.asked),
            given_up=source.given_up,
        )
        self.shelf = unwrap(self.result)

    @property
    def status(self):
        rows = VideoLedger.open(self.project.workspace.videos).videos
        return {row.video_id: row.reason or row.status for row in rows}


# --- a folder ----------------------------------------------------------------


def test_a_folder_becomes_transcripts_and_a_ledger(project):
    one = project()
    talk(one, "a")
    talk(one, "b", text="")
    talk(one, "c", text="short")

    run = Run(one)

    assert run.shelf.video_ids == ("a",)
    assert run.status == {"a": "transcribed", "b": "empty", "c": "too_short"}
    assert run.shelf.account.dropped == {"empty": 1, "too_short": 1}
    assert run.listing.account.produced == 3
    assert read_record(one.workspace.transcript("a"), Transcript).text == "one two three"


def test_a_second_run_reads_nothing_again_and_ends_cached(project):
    one = project()
    talk(one, "a")
    talk(one, "b")
    Run(one)
    before = one.workspace.videos.read_bytes()

    again = Run(one)

    assert again.asked == []
    assert again.result.name == "Cached"
    assert (again.shelf.cached, again.shelf.account.reused) == (True, 2)
    assert one.workspace.videos.read_bytes() == before


def test_only_a_new_or_changed_file_is_read(project):
    one = project()
    talk(one, "a")
    talk(one, "b")
    Run(one)
    talk(one, "b", text="four five six", title="Better")
    talk(one, "c")

    run = Run(one)

    assert run.asked == ["b", "c"]
    assert run.shelf.video_ids == ("a", "b", "c")
    assert read_record(one.workspace.transcript("b"), Transcript).title == "Better"


def test_a_file_that_was_taken_away_takes_its_talk_along_until_it_is_back(project):
    one = project()
    talk(one, "a")
    talk(one, "b")
    Run(one)
    (one.workspace.root / "talks" / "a.json").unlink()

    gone = Run(one)
    without = gone.status
    talk(one, "a")
    back = Run(one)

    assert gone.shelf.video_ids == ("b",)
    assert without == {"a": "not_found", "b": "transcribed"}
    assert (back.asked, back.shelf.video_ids) == ([], ("a", "b"))


def test_a_folder_is_held_to_the_limits_of_the_source(project):
    one = project(source={"max_videos": 2, "min_duration_s": 60})
    talk(one, "a", published_at="2024-01-01")
    talk(one, "b", published_at="2024-03-01", duration_s=59)
    talk(one, "c", published_at="2024-02-01", duration_s=60)
    talk(one, "d")

    run = Run(one)

    assert run.shelf.video_ids == ("a", "c")
    assert run.listing.account.dropped == {"too_short_video": 1}


def test_a_lower_limit_of_words_brings_a_talk_back_without_reading_it(project):
    talk(project(), "a", text="only three words")
    assert Run(project(transcripts={"min_words": 4})).shelf.video_ids == ()

    run = Run(project(transcripts={"min_words": 3}))

    assert (run.asked, run.shelf.video_ids) == ([], ("a",))


def test_a_kill_between_transcript_and_ledger_costs_nothing(project):
    one = project()
    talk(one, "a")
    talk(one, "b")
    whole = Run(one)
    after = one.workspace.videos.read_bytes()
    listed = [video.model_copy(update={"status": "listed"}) for video in whole.ledger.videos]
    VideoLedger(one.workspace.videos).replace(listed)

    run = Run(one)

    assert run.asked == []
    assert one.workspace.videos.read_bytes() == after


def test_a_file_that_breaks_is_not_replaced_by_what_it_said_before(project):
    one = project()
    talk(one, "a")
    Run(one)
    (one.workspace.root / "talks" / "a.json").write_text("{")

    for _ in range(2):
        run = Run(one)

        assert run.asked == ["a"]
        assert (run.status, run.shelf.video_ids) == ({"a": "unparsable"}, ())


def test_a_garbled_transcript_is_read_again(project):
    one = project()
    talk(one, "a")
    Run(one)
    path = one.workspace.transcript("a")
    before = path.read_bytes()
    path.write_bytes(before[:40])

    run = Run(one)

    assert run.asked == ["a"]
    assert path.read_bytes() == before


def test_a_full_disk_stops_the_stage_and_the_ledger_is_whole(project, monkeypatch):
    one = project()
    talk(one, "a")
    Run(one)
    before = one.workspace.videos.read_bytes()
    talk(one, "b")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("understudy.atomic.os.fsync", full)
    with pytest.raises(WriteError, match="No space left on device"):
        Run(one)

    assert one.workspace.videos.read_bytes() == before
    assert [path.name for path in one.workspace.data.rglob(".*")] == []


def test_the_real_transcripts_all_come_through(project, real_channel):
    run = Run(project(source={"folder": str(real_channel)}))

    assert len(run.shelf.video_ids) == 24
    assert run.shelf.account.dropped == {}
    assert "-Yg9-GwQNWQ" in run.shelf.video_ids


# --- YouTube -----------------------------------------------------------------


@pytest.fixture
def youtube(project, monkeypatch):
    """A channel of three videos on a YouTube in this process, asked without waiting."""
    served = fake.FakeYouTube()
    one = project(
        source={"kind": "youtube", "channel": None, "video_ids": IDS},
        transcripts={"pause_s": 1, "max_retries": 1, "min_words": 2},
    )
    slept: list[float] = []

    async def sleep(seconds):
        slept.append(seconds)

    def run():
        captions = YouTubeCaptions(one.settings.transcripts, None, today=lambda: date(2026, 1, 1))
        served.on(captions.session)
        patience = Patience(one.settings.transcripts, sleep, stage.random.Random(1), print)
        return Run(one, YouTubeSource(captions, patience))

    run.served, run.slept, run.project = served, slept, one
    return run


def test_a_channel_is_asked_once_and_what_it_said_is_kept(youtube):
    first = youtube()
    asked = list(youtube.served.requests)
    again = youtube()

    assert first.shelf.video_ids == tuple(sorted(IDS))
    assert first.ledger.videos[0].title == "On <bees> & honey"
    assert len(asked) == 9
    assert youtube.served.requests == asked
    assert again.shelf.account.reused == 3


def test_permanent_failures_are_remembered_and_passing_ones_asked_next_time(youtube):
    private, busy, fine = sorted(IDS)
    answers = {
        private: fake.unplayable("LOGIN_REQUIRED", "This video is private"),
        busy: (503, "text/html", ""),
        fine: fake.player(fine),
    }
    youtube.served.player = answers.__getitem__

    first = youtube()
    answers[busy] = fake.player(busy)
    second = youtube()

    assert first.shelf.account.dropped == {"network": 1, "private": 1}
    assert second.asked == [busy]
    assert second.status == {private: "private", busy: "transcribed", fine: "transcribed"}


def test_a_block_leaves_the_rest_listed_for_the_next_run(youtube):
    youtube.served.watch = lambda _: (200, "text/html", '<div class="g-recaptcha">')

    run = youtube()

    first, *rest = sorted(IDS)
    assert run.asked == [first]
    assert run.status == {first: "ip_blocked", **dict.fromkeys(rest, "listed")}
    assert run.shelf.account.dropped == {"ip_blocked": 3}
    assert [pause for pause in youtube.slept if pause > 100] == [900, 900]


# --- imports -----------------------------------------------------------------


def imported(project, name, *rows):
    path = project.workspace.root / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with disable_run_logger():
        return import_file.fn(project.workspace, path, language="en")


def test_what_was_imported_is_worked_on_and_nothing_requested(project):
    one = project(source={"kind": "imported"})
    imported(one, "t.jsonl", *({"video_id": v, "text": "one two three"} for v in ("a", "b")))
    imported(one, "p.jsonl", *({"video_id": "b", "question": q, "answer": "A."} for q in "xy"))

    run = Run(one)

    assert run.asked == []
    assert run.shelf.video_ids == ("a",)
    assert run.status == {"a": "transcribed", "b": "imported"}
    assert run.shelf.account.requested == 1


def test_nothing_imported_is_said(project):
    with pytest.raises(EmptySourceError, match="understudy import FILE"):
        Run(project(source={"kind": "imported"}))


def test_imported_questions_without_transcript_are_counted(project):
    one = project(source={"kind": "imported"})
    imported(one, "q.jsonl", *({"video_id": "a", "question": q} for q in "xy"))

    assert Run(one).shelf.account.dropped == {"no_transcript": 1}


def test_imported_transcripts_join_a_folder(project):
    one = project()
    talk(one, "a")
    imported(one, "t.jsonl", *({"video_id": v, "text": "one two three"} for v in ("x", "y")))

    assert set(Run(one).shelf.video_ids) == {"a", "x", "y"}


def test_importing_twice_ends_cached_and_names_the_report(project, real_pairs):
    one = project()
    with disable_run_logger():
        first = unwrap(import_file.fn(one.workspace, real_pairs, language="en"))
        state = import_file.fn(one.workspace, real_pairs, language="en")

    assert (first.account.produced, first.cached) == (1709, False)
    assert state.name == "Cached"
    assert unwrap(state).account.reused == 1709
    assert "1,709 question-answer pairs of 148 videos" in first.account.notes[0]
    assert len(VideoLedger.open(one.workspace.videos).videos) == 148


# --- the flow's form ---------------------------------------------------------


def test_the_flow_takes_a_config_and_overrides():
    assert list(collect.parameters.properties) == ["config", "overrides", "videos"]
