"""What is new on a channel, what waits for its answers, and when there is enough to train again."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_feed import atom, serving_feed
from tests.support.rows import many_rows
from understudy.errors import ConfigError, SourceError, SourceUnreachableError
from understudy.records import Video
from understudy.settings import load_settings
from understudy.sources.feed import feed_addresses, parse_feed, read_feed
from understudy.watch import (
    Watched,
    feeds_of,
    is_over,
    leaves_a_gap,
    listing_due,
    looked,
    new_training_rows,
    turn_of,
)

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
OLD, NEW, OTHER = "-Yg9-GwQNWQ", "dQw4w9WgXcQ", "_M-iBmbR0c_"
CHANNEL = "UC" + "a" * 22


@pytest.fixture
def settings(root):
    def make(**changes):
        return load_settings(root / "config/jason_fung.yaml", changes)

    return make


def video(video_id, **fields):
    return Video(video_id=video_id, title="", origin="youtube", **fields)


# --- the feed ----------------------------------------------------------------


def test_a_feed_names_its_videos_with_title_and_day():
    found = parse_feed(atom([(NEW, 'On <bees> & "honey"'), (OLD, "Hives")]), "feed")

    assert [(one.video_id, one.title, one.published) for one in found] == [
        (NEW, 'On <bees> & "honey"', "2026-11-20"),
        (OLD, "Hives", "2026-11-21"),
    ]
    assert {(one.origin, one.status) for one in found} == {("youtube", "listed")}


def test_what_is_no_id_of_youtubes_is_left_out():
    found = parse_feed(atom([("../../etc/pw", "x"), ("", "y"), (NEW, "z"), (NEW, "z")]), "feed")

    assert [one.video_id for one in found] == [NEW]


LAUGHS = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><feed>&c;</feed>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><feed>&b;</feed>'


@pytest.mark.parametrize("body", [b"", b"<html>", b"<rss/>", b"\xff\xfe", LAUGHS, OUTSIDE])
def test_what_is_no_feed_is_refused(body):
    with pytest.raises(SourceError, match="is no "):
        parse_feed(body, "the feed")


@given(st.binary(max_size=200))
def test_no_bytes_end_in_anything_but_a_feed_or_an_error_of_ours(body):
    with suppress(SourceError):
        parse_feed(body, "the feed")


def test_a_feed_is_read_over_http_and_its_refusal_said():
    with serving_feed(NEW) as feed:
        found = read_feed(feed.address, timeout_s=5, proxy=None)
        feed.status = 404
        with pytest.raises(SourceUnreachableError, match="cannot be read: HTTPError"):
            read_feed(feed.address, timeout_s=5, proxy=None)
    with pytest.raises(SourceUnreachableError, match="cannot be read: ConnectionError"):
        read_feed(feed.address, timeout_s=5, proxy=None)

    assert [one.video_id for one in found] == [NEW]


def test_each_tab_has_a_feed_of_its_own():
    assert feed_addresses(CHANNEL, ["videos", "streams"]) == (
        "https://www.youtube.com/feeds/videos.xml?playlist_id=UULF" + "a" * 22,
        "https://www.youtube.com/feeds/videos.xml?playlist_id=UULV" + "a" * 22,
    )


@pytest.mark.parametrize(
    ("source", "watch", "channel_id", "count"),
    [
        ({}, {}, CHANNEL, 1),
        ({}, {}, None, 0),
        ({"tabs": ["videos", "streams"]}, {}, CHANNEL, 2),
        ({"channel": "PLabcdefghijklmnop"}, {}, CHANNEL, 0),
        ({"channel": None, "video_ids": [NEW]}, {}, CHANNEL, 0),
        ({"kind": "folder", "folder": "talks"}, {}, CHANNEL, 0),
        ({}, {"feed": "https://feeds.example/talks"}, None, 1),
    ],
)
def test_what_has_a_feed(settings, source, watch, channel_id, count):
    one = settings(source=source, watch=watch)

    assert len(feeds_of(one.source, one.watch, Watched(channel_id=channel_id))) == count


# --- what is new -------------------------------------------------------------


def test_everything_is_listed_first_and_again_when_that_was_long_ago(settings):
    watch = settings().watch

    assert listing_due(watch, Watched(), NOW)
    assert not listing_due(watch, Watched(listed=NOW - timedelta(hours=23)), NOW)
    assert listing_due(watch, Watched(listed=NOW - timedelta(hours=24)), NOW)


def test_a_feed_that_shows_nothing_known_leaves_a_gap():
    assert leaves_a_gap([video(NEW)], {OLD})
    assert not leaves_a_gap([video(NEW), video(OLD)], {OLD})
    assert not leaves_a_gap([], {OLD})


def test_what_the_ledger_does_not_know_is_awaited_once():
    state = looked(Watched(), [video(NEW), video(OLD)], {OLD}, NOW)
    again = looked(state, [video(NEW)], {OLD}, NOW + timedelta(hours=1))

    assert [one.video_id for one in state.awaited] == [NEW]
    assert again.awaited == state.awaited
    assert again.looked == NOW + timedelta(hours=1)


def test_a_video_is_new_then_tried_again_then_given_up():
    state = looked(Watched(), [video(NEW)], set(), NOW)

    turns = [turn_of(state.awaited, 2)]
    for _ in range(2):
        state = state.tried([NEW])
        turns.append(turn_of(state.awaited, 2))

    assert [(one.new, one.again, one.given_up) for one in turns] == [
        ((NEW,), (), ()),
        ((), (NEW,), ()),
        ((), (), (NEW,)),
    ]


@pytest.mark.parametrize(
    ("one", "answered", "over"),
    [
        (video(NEW), False, False),
        (video(NEW, status="transcribed"), False, False),
        (video(NEW, status="transcribed"), True, True),
        (video(NEW, status="failed", reason="network"), False, False),
        (video(NEW, status="unavailable", reason="private"), False, True),
        (video(NEW, status="unavailable", reason="too_short"), False, True),
        (video(NEW, status="imported"), False, True),
        (None, False, True),
    ],
)
def test_when_there_is_nothing_left_to_wait_for(one, answered, over):
    assert is_over(one, answered=answered) is over


# --- when to train again -----------------------------------------------------


def test_only_training_rows_that_are_new_count():
    before = [row.model_copy(update={"part": "train"}) for row in many_rows(6, each=1)]
    variant = before[0].model_copy(
        update={"id": f"{before[0].id}:p2", "kind": "paraphrase", "question": "Else?"}
    )
    added = [row.model_copy(update={"part": "train"}) for row in many_rows(9, each=1)][6:]
    held = [row.model_copy(update={"part": "test"}) for row in many_rows(12, each=1)][9:]

    assert new_training_rows(before, before) == 0
    assert new_training_rows(before, [*before, variant]) == 0
    assert new_training_rows(before, [*before, *added, *held]) == 3
    assert new_training_rows(before, before[1:]) == 0


# --- its settings ------------------------------------------------------------


@pytest.mark.parametrize(
    ("watch", "said"),
    [
        ({"cron": "0 6 * *"}, "five fields"),
        ({"cron": "0 6 * * *", "interval_h": 6}, "two schedules"),
        ({"timezone": "Mars/Olympus"}, "no such time zone"),
        ({"timezone": "../../etc/passwd"}, "no such time zone"),
        ({"feed": "file:///etc/passwd"}, "begins with https"),
        ({"interval_h": 0}, "greater than or equal to"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(settings, watch, said):
    with pytest.raises(ConfigError, match=said):
        settings(watch=watch)
