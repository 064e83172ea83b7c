from __future__ import annotations

import json
import socket
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_channel import FakeChannel
from tests.support.fake_channel import video as fake_video
from understudy.documents import SUFFIXES, about, transcript_from
from understudy.errors import (
    ConfigError,
    DataError,
    EmptySourceError,
    InvalidIdError,
    SourceError,
    SourceUnreachableError,
    TranscriptError,
    UnknownSourceError,
)
from understudy.records import Video
from understudy.settings import SourceSettings, load_settings
from understudy.sources.addresses import addresses
from understudy.sources.folder import list_folder
from understudy.sources.listing import YtDlpLister, list_channel, problem_of
from understudy.videos import VideoLedger, checked_youtube_id, merge_ledger

ROOT = Path(__file__).resolve().parents[2]
TALK = Video(video_id="talk", title="A talk", origin="folder", path="talk.txt")


def video(video_id, **fields) -> Video:
    return Video(**{"video_id": video_id, "title": video_id, "origin": "youtube", **fields})


# --- the ledger --------------------------------------------------------------


def test_known_videos_keep_their_status_reason_title_and_place():
    known = video("old", status="unavailable", reason="private")

    merged = merge_ledger([known], [video("new"), video("old", title="changed")])

    assert merged == [known, video("new")]


def test_what_was_not_known_is_filled_in_and_a_moved_file_is_followed():
    known = video("old", title="", path="a.json")

    (merged,) = merge_ledger([known], [video("old", title="T", published="2024-01-02", path="b")])

    assert (merged.title, merged.published, merged.path) == ("T", "2024-01-02", "b")


def test_new_videos_are_in_the_same_order_however_they_are_listed():
    listed = [video("b", published="2024-01-01"), video("a"), video("c", published="2023-01-01")]

    merged = {tuple(v.video_id for v in merge_ledger([], order)) for order in permutations(listed)}

    assert merged == {("a", "c", "b")}


def test_merging_twice_changes_nothing():
    once = merge_ledger([], [video("a"), video("b")])

    assert merge_ledger(once, [video("b"), video("a")]) == once


def test_the_ledger_survives_reopening_and_writes_only_changes(tmp_path):
    ledger = VideoLedger(tmp_path / "videos.jsonl")
    ledger.record(TALK)
    before = (tmp_path / "videos.jsonl").stat().st_ino

    reopened = VideoLedger.open(tmp_path / "videos.jsonl")
    reopened.record(TALK)

    assert reopened.videos == (TALK,)
    assert (tmp_path / "videos.jsonl").stat().st_ino == before


def test_a_garbled_ledger_line_is_named(tmp_path):
    path = tmp_path / "videos.jsonl"
    path.write_text(TALK.model_dump_json() + "\n{\n")

    with pytest.raises(DataError, match=r"line 2: .*delete that line"):
        VideoLedger.open(path)


def test_a_ledger_that_names_a_video_twice_is_refused(tmp_path):
    path = tmp_path / "videos.jsonl"
    path.write_text(2 * (TALK.model_dump_json() + "\n"))

    with pytest.raises(DataError, match="names talk twice"):
        VideoLedger.open(path)


@pytest.mark.parametrize("good", ["-Yg9-GwQNWQ", "_M-iBmbR0c_", "dQw4w9WgXcQ"])
def test_ids_may_begin_with_a_dash_or_an_underscore(good):
    assert checked_youtube_id(good) == good


@pytest.mark.parametrize("bad", ["", "dQw4w9WgXc", "dQw4w9WgXcQQ", "../../etc/pw", "dQw4w9WgXc\n"])
def test_what_is_no_id_is_named(bad):
    with pytest.raises(InvalidIdError, match="is no YouTube video id"):
        checked_youtube_id(bad)


# --- a channel ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "pages"),
    [
        ("@DrJasonFung", ["@DrJasonFung/videos"]),
        ("@DrJasonFung/videos", ["@DrJasonFung/videos"]),
        ("https://www.youtube.com/@DrJasonFung/", ["@DrJasonFung/videos"]),
        ("youtube.com/c/Some%20One/featured", ["c/Some%20One/videos"]),
        ("UC" + "a" * 22, [f"channel/UC{'a' * 22}/videos"]),
        ("PLmxpwhh4FDm5zuA_63jV6iiz5wrg76UHV", ["playlist?list=PLmxpwhh4FDm5zuA_63jV6iiz5wrg76UHV"]),
        ("https://youtube.com/watch?v=dQw4w9WgXcQ&list=PL1234567890ab", ["playlist?list=PL1234567890ab"]),
    ],
)  # fmt: skip
def test_channels_and_playlists_are_understood_as_people_write_them(channel, pages):
    assert addresses(channel, ["videos"]) == tuple(f"https://www.youtube.com/{p}" for p in pages)


def test_shorts_and_streams_are_opted_into():
    assert [page.rpartition("/")[2] for page in addresses("@x1", ["videos", "shorts"])] == [
        "videos",
        "shorts",
    ]
    with pytest.raises(ConfigError, match="names the tab 'streams'"):
        addresses("@x1/streams", ["videos"])


@pytest.mark.parametrize(
    "channel", ["http://169.254.169.254/@x", "https://evil.example/@x", "file:///@x", "Jason", ""]
)
def test_only_youtube_is_ever_asked(channel):
    with pytest.raises(ConfigError, match="is no channel"):
        addresses(channel, ["videos"])


def source(**changes) -> SourceSettings:
    base = {
        "kind": "youtube",
        "channel": "@x1",
        "video_ids": (),
        "folder": None,
        "tabs": ("videos",),
        "max_videos": None,
        "min_duration_s": 0,
    }
    return SourceSettings(**{**base, **changes})


def entry(number, **fields):
    return {"id": f"video{number:06d}", "title": f"No. {number}", "duration": 600.0, **fields}


class Pages:
    """A channel of so many videos; remembers how much was asked of it."""

    def __init__(self, *entries) -> None:
        self.entries, self.asked = entries, []

    def __call__(self, page, limit):
        self.asked.append((page, limit))
        return list(self.entries)[:limit]


def test_a_channel_is_listed_without_what_is_not_for_us():
    pages = Pages(
        entry(1),
        entry(2, duration=30.0),
        entry(3, live_status="is_upcoming"),
        {"id": "PL-a-playlist", "title": "x"},
        entry(4, title="<b>\x00Bees\ud800</b>\n"),
    )

    listed = list_channel(source(min_duration_s=60), pages)

    assert [(v.video_id, v.title) for v in listed.videos] == [
        ("video000001", "No. 1"),
        ("video000004", "<b>Bees</b>"),
    ]
    assert listed.left_out == {"not_a_video": 1, "not_yet_over": 1, "too_short_video": 1}


def test_at_most_so_many_are_taken_and_not_the_whole_channel_listed_for_it():
    pages = Pages(*(entry(n, duration=10.0 if n < 50 else 600.0) for n in range(500)))

    listed = list_channel(source(max_videos=5, min_duration_s=60), pages)

    assert [v.video_id for v in listed.videos] == [f"video{n:06d}" for n in range(50, 55)]
    assert [limit for _, limit in pages.asked] == [35, 70]


def test_ids_need_no_listing_and_a_wrong_one_is_named():
    pages = Pages()
    ids = ("-Yg9-GwQNWQ", "_M-iBmbR0c_")

    assert [
        v.video_id for v in list_channel(source(channel=None, video_ids=ids), pages).videos
    ] == [*ids]
    assert pages.asked == []
    with pytest.raises(InvalidIdError, match="'talk one'"):
        list_channel(source(video_ids=("talk one",)), pages)


def test_a_channel_without_videos_says_so():
    with pytest.raises(EmptySourceError, match=r"@x1 has no videos for us in videos \(1 too short"):
        list_channel(source(min_duration_s=60), Pages(entry(1, duration=3.0)))


@pytest.mark.parametrize(
    ("said", "kind", "advice"),
    [
        ("ERROR: [youtube:tab] @x: Unable to download API page: HTTP Error 404: Not Found",
         UnknownSourceError, "look at source.channel"),
        ("The channel/playlist does not exist and the URL redirected to youtube.com home page",
         UnknownSourceError, "look at source.channel"),
        ("HTTP Error 429: Too Many Requests", SourceUnreachableError, "transcripts.proxy"),
        ("Sign in to confirm you're not a bot", SourceUnreachableError, "transcripts.proxy"),
        ("Unable to download webpage: [Errno -3] Temporary failure in name resolution",
         SourceUnreachableError, "check the network"),
        ("An extractor error has occurred. (caused by KeyError('x'))", SourceError, "update yt-dlp"),
    ],
)  # fmt: skip
def test_what_yt_dlp_says_becomes_what_to_do(said, kind, advice):
    problem = problem_of("https://www.youtube.com/@x/videos", said)

    assert type(problem) is kind
    assert advice in str(problem)


def test_a_tab_that_a_channel_lacks_is_no_error():
    assert problem_of("x", "ERROR: This channel does not have a shorts tab") is None


def test_no_network_is_reported_without_the_proxy_and_without_noise(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("HOME", str(tmp_path))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = f"http://user:hunter2@127.0.0.1:{unused.getsockname()[1]}"
        lister = YtDlpLister(timeout_s=2, proxy=proxy)

        with pytest.raises(SourceUnreachableError, match="cannot reach YouTube") as caught:
            lister("https://www.youtube.com/@DrJasonFung/videos", 3)

    assert "hunter2" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def channel(monkeypatch):
    """A channel behind the real yt-dlp."""

    def serve(videos, **options):
        served = FakeChannel(videos, **options)
        monkeypatch.setattr("yt_dlp.YoutubeDL.urlopen", served.urlopen)
        return served

    return serve


LISTER = YtDlpLister(timeout_s=2, proxy=None)


def test_yt_dlp_lists_a_channel_page_by_page_and_no_video_by_itself(channel):
    shown = [fake_video(f"video{n:06d}", f"No. {n}", "10:00") for n in range(70)]
    served = channel([fake_video("-Yg9-GwQNWQ", "<b>First</b> & 🐝", "9:14"), *shown])

    listed = list_channel(source(channel="@talks"), LISTER)

    assert len(listed.videos) == 71
    first = listed.videos[0]
    assert (first.video_id, first.title, first.duration_s) == (
        "-Yg9-GwQNWQ",
        "<b>First</b> & 🐝",
        554,
    )
    assert len(served.asked) == 3
    assert served.asked[0] == "https://www.youtube.com/@talks/videos"


def test_yt_dlp_stops_listing_when_there_are_enough(channel):
    served = channel([fake_video(f"video{n:06d}", "t", "10:00") for n in range(500)])

    listed = list_channel(source(channel="@talks", max_videos=3), LISTER)

    assert [v.video_id for v in listed.videos] == [f"video{n:06d}" for n in range(3)]
    assert len(served.asked) <= 2


def test_yt_dlp_tells_what_is_announced_and_what_is_short(channel):
    channel(
        [
            fake_video("aaaaaaaaaaa", "soon", "upcoming"),
            fake_video("bbbbbbbbbbb", "short", "0:31"),
            fake_video("ccccccccccc", "long", "1:00:01"),
        ]
    )

    listed = list_channel(source(channel="@talks", min_duration_s=60), LISTER)

    assert [(v.video_id, v.duration_s) for v in listed.videos] == [("ccccccccccc", 3601)]
    assert listed.left_out == {"not_yet_over": 1, "too_short_video": 1}


def test_a_channel_without_that_tab_has_no_videos(channel):
    channel([], tab="featured")

    with pytest.raises(EmptySourceError, match="@talks has no videos for us in videos"):
        list_channel(source(channel="@talks"), LISTER)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, UnknownSourceError),
        (429, SourceUnreachableError),
        (403, SourceUnreachableError),
        (503, SourceUnreachableError),
    ],
)
def test_what_youtube_refuses_becomes_what_to_do(channel, status, kind):
    channel([], status=status)

    with pytest.raises(kind):
        list_channel(source(channel="@talks"), LISTER)


# --- a folder ----------------------------------------------------------------


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")


def listed(folder):
    return {video.path: (video.video_id, video.title) for video in list_folder(folder)}


def test_ids_and_titles_come_from_the_file_or_else_its_name(tmp_path):
    write(
        tmp_path,
        aDOTjson={"video_id": "-Yg9-GwQNWQ", "title": "From the file", "text": "x"},
        bDOTtxt="# A heading\nand words",
        cDOTenDOTvtt="WEBVTT - On bees\n\n00:01.000 --> 00:02.000\nx",
        deep__dDOTsrt="1\n00:00:01,000 --> 00:00:02,000\nx",
    )
    (tmp_path / "Bees! [dQw4w9WgXcQ].en.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nx")
    (tmp_path / "README.md").write_text("no transcript")
    (tmp_path / ".hidden.txt").write_text("no transcript")

    assert listed(tmp_path) == {
        "a.json": ("-Yg9-GwQNWQ", "From the file"),
        "b.txt": ("b", "A heading"),
        "c.en.vtt": ("c", "On bees"),
        "deep/d.srt": ("d", "d"),
        "Bees! [dQw4w9WgXcQ].en.vtt": ("dQw4w9WgXcQ", "Bees!"),
    }


def test_a_name_that_cannot_be_an_id_gives_one_that_depends_on_its_path_alone(tmp_path):
    write(tmp_path, **{"one talk DOTtxt".replace(" DOT", "DOT"): "x"})
    (first,) = list_folder(tmp_path)

    write(tmp_path, **{"one talkDOTtxt": "other words"})
    (second,) = list_folder(tmp_path)

    assert first.video_id.startswith("file-")
    assert len(first.video_id) == 17
    assert second.video_id == first.video_id


@pytest.mark.parametrize("evil", ["../../etc/passwd", "a/b", "", "a b", "x" * 65, 7, None])
def test_an_id_that_would_be_a_path_is_not_taken_from_a_file(tmp_path, evil):
    write(tmp_path, talkDOTjson={"video_id": evil, "text": "x"})

    assert listed(tmp_path)["talk.json"][0] == "talk"


def test_two_files_of_one_video_are_both_named(tmp_path):
    write(tmp_path, aDOTtxt="x", sub__aDOTsrt="x")

    with pytest.raises(SourceError, match=r"a\.txt and sub/a\.srt .* both of video a"):
        list_folder(tmp_path)


def test_names_that_differ_in_case_alone_are_one_file_on_a_mac_and_are_named(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "Intro.txt").write_text("one talk")
    (tmp_path / "sub" / "intro.txt").write_text("another talk")

    with pytest.raises(SourceError, match=r"Intro\.txt and sub/intro\.txt .* both of video intro"):
        list_folder(tmp_path)


def test_no_folder_and_an_empty_one_are_told_apart(tmp_path):
    with pytest.raises(UnknownSourceError, match="there is no folder"):
        list_folder(tmp_path / "none")
    with pytest.raises(EmptySourceError, match="holds no transcript"):
        list_folder(tmp_path)


# --- local files -------------------------------------------------------------


def read(content, suffix=".json", **fields):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return transcript_from(raw, suffix, video=TALK.model_copy(update=fields), language="en")


@pytest.mark.parametrize(
    "content",
    [
        {"video_id": "v", "title": "t", "segments": [{"start": 1, "end": 2.5, "text": "one two"}]},
        {"segments": [{"start": 1, "duration": 1.5, "text": "one two"}]},
        {"text": "unused", "segments": [{"start": "1", "dur": "1.5", "text": "one two"}]},
        {"transcript": [{"start": 1, "duration": 1.5, "text": "one\ntwo"}]},
        [{"text": "one two", "start": 1, "duration": 1.5}],
    ],
)
def test_json_with_times_in_any_shape(content):
    transcript = read(content)

    assert [(s.start, s.end, s.text) for s in transcript.segments] == [(1, 2.5, "one two")]
    assert (transcript.timing, transcript.origin) == ("measured", "local")


def test_json_with_a_text_is_spread_over_its_duration():
    transcript = read({"text": "word " * 200, "duration_s": 100}, duration_s=100)

    assert transcript.timing == "estimated"
    assert transcript.segments[-1].end == 100
    assert transcript.text == ("word " * 200).strip()


def test_lines_without_usable_times_are_a_text():
    transcript = read(
        [{"text": "a", "start": float("nan")}, {"text": "b", "start": -3}, {"text": ""}]
    )

    assert (transcript.text, transcript.timing) == ("a b", "estimated")


@pytest.mark.parametrize(
    ("raw", "suffix"),
    [
        ("\ufeffone\r\n\r\ntwo".encode(), ".txt"),
        ("one two".encode("utf-16"), ".txt"),
        (b"\xef\xbb\xbfWEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\none two\r\n", ".vtt"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\none two\r\n", ".txt"),
        (b'{"text": "one \\ud83d two\\u0000"}', ".json"),
    ],
)
def test_marks_and_line_ends_of_other_systems(raw, suffix):
    assert read(raw, suffix).text == "one two"


def test_old_windows_files_keep_their_letters():
    assert read("déjà vu".encode("cp1252"), ".srt").text == "déjà vu"


@pytest.mark.parametrize(
    ("raw", "suffix", "reason"),
    [
        (b"", ".txt", "empty"),
        (b"  \n", ".vtt", "empty"),
        (b"WEBVTT\n\n", ".vtt", "empty"),
        (b'{"text": ""}', ".json", "empty"),
        (b'{"segments": []}', ".json", "empty"),
        (b'{"title": "no words"}', ".json", "unparsable"),
        (b"{", ".json", "unparsable"),
        (b"[1, 2]", ".json", "unparsable"),
        (b"7", ".json", "unparsable"),
        (b"[" * 100_000, ".json", "unparsable"),
        (b"WEBVTT\n\nabc --> def\nx", ".vtt", "unparsable"),
        (b"\x89PNG\0\xff\xfe", ".txt", "unparsable"),
    ],
)
def test_what_cannot_be_read_has_a_reason(raw, suffix, reason):
    with pytest.raises(TranscriptError) as caught:
        read(raw, suffix)

    assert caught.value.reason == reason


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["text", "segments", "start", "end", "duration", "title", "video_id"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_transcript_or_has_a_reason(value):
    check(json.dumps(value).encode(), ".json")


@given(st.binary(max_size=200), st.sampled_from(sorted(SUFFIXES)))
def test_any_bytes_are_a_transcript_or_have_a_reason(raw, suffix):
    check(raw, suffix)


def check(raw, suffix):
    about(raw, suffix)
    reason = ""
    try:
        transcript = read(raw, suffix)
    except TranscriptError as error:
        reason = error.reason
    else:
        transcript.model_dump_json().encode()
        assert transcript.text.strip()
    assert reason in {"", "unparsable", "empty"}


def test_all_real_transcripts_come_through_word_for_word(real_channel):
    videos = list_folder(real_channel)

    assert len(videos) == 24
    for one in videos:
        raw = (real_channel / str(one.path)).read_bytes()
        transcript = transcript_from(raw, ".json", video=one, language="en")
        assert transcript.text.split() == json.loads(raw)["text"].split()
        assert transcript.duration_s == one.duration_s
        assert all(s.end - s.start < 20 for s in transcript.segments)


def test_a_file_in_place_of_its_folder_is_said_to_be_one(tmp_path):
    (tmp_path / "a.txt").write_text("one talk")

    with pytest.raises(
        UnknownSourceError, match=r"a\.txt is a file: set source.folder to the folder"
    ):
        list_folder(tmp_path / "a.txt")


def test_the_home_folder_is_found_by_its_short_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    source = load_settings(ROOT / "config" / "local_transcripts.yaml").source

    def lies(folder):
        return source.model_copy(update={"folder": folder}).folder_in(tmp_path / "project")

    assert lies("~/talks") == tmp_path / "home" / "talks"
    assert lies("talks") == tmp_path / "project" / "talks"
    assert lies(str(tmp_path)) == tmp_path
