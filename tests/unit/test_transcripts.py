from __future__ import annotations

import asyncio
import inspect
import random
from datetime import date

import pytest
import requests
import youtube_transcript_api
from youtube_transcript_api import _errors as library_errors

from tests.support import fake_youtube as fake
from understudy.errors import (
    ConfigError,
    InvalidIdError,
    SourceBlockedError,
    SourceThrottledError,
    TranscriptError,
    TranscriptUnavailableError,
)
from understudy.records import PERMANENT, Segment, Transcript, Video
from understudy.settings import BreakerSettings, ProxySettings, TranscriptSettings
from understudy.sources.captions_api import REASONS, YouTubeCaptions, reason_of
from understudy.sources.patience import Breaker, Patience, backoff
from understudy.sources.proxies import proxy_from
from understudy.sources.youtube import YouTubeSource
from understudy.transcripts import (
    after_failure,
    after_transcript,
    failure,
    in_scope,
    unusable_files,
)

VIDEO = Video(video_id="dQw4w9WgXcQ", title="", origin="youtube")
TODAY = date(2026, 1, 1)
NO_PROXY = ProxySettings(kind="none", webshare_locations=())


def settings(**changes) -> TranscriptSettings:
    base = {
        "languages": ("en",),
        "allow_automatic": True,
        "pause_s": 0,
        "max_retries": 2,
        "retry_delay_s": 2.0,
        "timeout_s": 7,
        "min_words": 3,
        "breaker": BreakerSettings(after_blocks=2, pause_s=900, max_pauses=2),
        "proxy": NO_PROXY,
    }
    return TranscriptSettings(**{**base, **changes})


@pytest.fixture
def youtube():
    return fake.FakeYouTube()


@pytest.fixture
def fetch(youtube):
    def call(video=VIDEO, today=TODAY, **changes):
        captions = YouTubeCaptions(settings(**changes), None, today=lambda: today)
        youtube.on(captions.session)
        return captions.fetch(video)

    return call


# --- one reason for each way to fail -----------------------------------------


def library_exceptions() -> list[type[Exception]]:
    found = {
        one
        for module in (youtube_transcript_api, library_errors)
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, Exception) and one.__module__.startswith("youtube_transcript_api")
    }
    return sorted(found, key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", library_exceptions(), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_installed_library_has_a_reason(kind):
    assert kind in REASONS, f"{kind.__name__} is new in youtube-transcript-api: give it a reason"


@pytest.mark.parametrize(
    ("status", "said", "more", "reason"),
    [
        ("ERROR", "This video is unavailable", (), "not_found"),
        ("ERROR", "This video has been removed by the uploader", (), "not_found"),
        ("LOGIN_REQUIRED", "This video is private", (), "private"),
        ("LOGIN_REQUIRED", "This video may be inappropriate for some users.", (), "age_restricted"),
        ("LOGIN_REQUIRED", "Sign in to confirm your age", (), "age_restricted"),
        ("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot", (), "ip_blocked"),
        ("LOGIN_REQUIRED", "Sign in to confirm you're not a bot", (), "ip_blocked"),
        ("UNPLAYABLE", "Join this channel to get access to members-only content", (), "members_only"),
        ("UNPLAYABLE", "Video unavailable", ("This video is available to members only",), "members_only"),
        ("UNPLAYABLE", "This content isn't available, try again later.", (), "rate_limited"),
        ("LIVE_STREAM_OFFLINE", "This live event will begin in 3 hours.", (), "not_yet"),
        ("LIVE_STREAM_OFFLINE", "Premieres in 20 minutes", (), "not_yet"),
        ("UNPLAYABLE", "The uploader has not made this video available in your country", (), "unplayable"),
    ],
)  # fmt: skip
def test_what_youtube_says_of_a_video_becomes_its_reason(
    youtube, fetch, status, said, more, reason
):
    youtube.player = lambda _: fake.unplayable(status, said, *more)

    with pytest.raises(TranscriptError) as caught:
        fetch()

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("where", "answer", "reason"),
    [
        ("watch", (429, "text/html", ""), "rate_limited"),
        ("watch", (200, "text/html", '<div class="g-recaptcha">'), "ip_blocked"),
        ("watch", (200, "text/html", "something new"), "unparsable"),
        ("watch", (503, "text/html", ""), "network"),
        ("watch", (404, "text/html", ""), "not_found"),
        ("player", (403, "application/json", ""), "ip_blocked"),
        ("player", (200, "application/json", "no json"), "unparsable"),
        ("player", (200, "application/json", "[]"), "unparsable"),
        ("player", (200, "application/json", '{"playabilityStatus": {"status": "OK"}}'), "disabled"),
        ("captions", (200, "text/xml", ""), "po_token_required"),
        ("captions", (200, "text/xml", "<transcript><text"), "unparsable"),
        ("captions", fake.captions((0, 1, " ")), "empty"),
    ],
)  # fmt: skip
def test_what_the_wire_brings_becomes_its_reason(youtube, fetch, where, answer, reason):
    setattr(youtube, where, lambda _: answer)

    with pytest.raises(TranscriptError) as caught:
        fetch()

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.exceptions.ConnectTimeout(), "network"),
        (requests.exceptions.ProxyError("http://user:hunter2@proxy:80"), "network"),
        (requests.exceptions.InvalidProxyURL("http://user:hunter2@"), "network"),
        (requests.exceptions.RetryError("too many 429 error responses"), "rate_limited"),
    ],
)
def test_network_errors_have_a_reason_and_show_no_password(youtube, fetch, error, reason):
    def fail(_):
        raise error

    youtube.watch = fail

    with pytest.raises(TranscriptError) as caught:
        fetch()

    assert caught.value.reason == reason
    assert "hunter2" not in f"{caught.value}"
    assert caught.value.__suppress_context__


def test_the_class_of_an_error_says_whether_to_try_again():
    assert all(isinstance(failure("x", r), TranscriptUnavailableError) for r in PERMANENT)
    assert isinstance(failure("x", "ip_blocked"), SourceBlockedError)
    assert isinstance(failure("x", "network"), SourceThrottledError)
    assert type(failure("x", "not_yet")) is TranscriptError


def test_a_reason_that_is_unknown_to_the_library_is_unparsable():
    assert reason_of(KeyError("x")) == ("unparsable", "KeyError")


# --- what a fetched transcript is --------------------------------------------


def test_captions_become_segments_and_the_page_tells_the_rest(fetch):
    video, transcript = fetch()

    assert (video.title, video.published, video.duration_s) == (
        "On <bees> & honey",
        "2024-08-14",
        354,
    )
    assert [(s.start, s.end, s.text) for s in transcript.segments] == [
        (0.0, 3.0, "hello everyone & welcome"),
        (2.0, 5.0, "back again"),
    ]
    assert (transcript.origin, transcript.timing, transcript.language) == (
        "manual",
        "measured",
        "en",
    )


def test_what_the_listing_said_is_not_replaced(fetch):
    video, _ = fetch(VIDEO.model_copy(update={"title": "As listed", "duration_s": 300.0}))

    assert (video.title, video.duration_s) == ("As listed", 300)


def test_automatic_lines_end_where_the_next_begins(youtube, fetch):
    youtube.player = lambda i: fake.player(i, fake.track("en", automatic=True))

    _, transcript = fetch()

    assert transcript.segments[0].end == 2.0
    assert transcript.origin == "automatic"


@pytest.mark.parametrize(
    ("tracks", "languages", "chosen"),
    [
        ([("en", True), ("de", False)], ("en", "de"), "de"),  # written before heard
        ([("de", False), ("en", False)], ("en", "de"), "en"),
        ([("en", True), ("en-GB", False)], ("en",), "en-GB"),
        ([("en-GB", False), ("en", False)], ("en",), "en"),
        ([("en", True)], ("en",), "en"),
    ],
)
def test_people_before_machines_then_the_preferred_language(
    youtube, fetch, tracks, languages, chosen
):
    made = [fake.track(language, automatic=automatic) for language, automatic in tracks]
    youtube.player = lambda i: fake.player(i, *made)

    assert fetch(languages=languages)[1].language == chosen


def test_automatic_captions_can_be_refused_and_the_message_says_what_there_is(youtube, fetch):
    youtube.player = lambda i: fake.player(i, fake.track("en", automatic=True), fake.track("fr"))

    with pytest.raises(TranscriptUnavailableError, match="there is en automatic, fr"):
        fetch(allow_automatic=False)


def test_captions_that_a_new_video_lacks_may_still_come(youtube, fetch):
    youtube.player = lambda _: (200, "application/json", '{"playabilityStatus": {"status": "OK"}}')

    for day, reason in [(17, "not_yet"), (18, "disabled")]:  # published on the 14th
        with pytest.raises(TranscriptError) as caught:
            fetch(today=date(2024, 8, day))
        assert caught.value.reason == reason


def test_each_request_has_a_time_limit(youtube, fetch):
    fetch()

    assert youtube.timeouts == [7, 7, 7]


def test_an_id_that_is_none_is_never_requested(youtube, fetch):
    with pytest.raises(InvalidIdError, match="'talk'"):
        fetch(VIDEO.model_copy(update={"video_id": "talk"}))

    assert youtube.requests == []


# --- patience ----------------------------------------------------------------


class Nights:
    """Counts what was slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def ask(attempts, **changes):
    """Ask for videos one after the other; each attempt is an error or an answer."""
    nights, notices, answers = Nights(), [], []
    patience = Patience(settings(**changes), nights, random.Random(1), notices.append)
    left = list(attempts)

    async def attempt():
        result = left.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    async def run():
        while left and not patience.breaker.given_up:
            try:
                answers.append(await patience.ask("v", attempt))
            except TranscriptError as error:
                answers.append(error.reason)

    asyncio.run(run())
    return answers, nights.slept, notices, left


BLOCKED, BUSY = failure("v", "ip_blocked"), failure("v", "network")


def test_passing_failures_are_retried_with_growing_delays():
    answers, slept, notices, _ = ask([BUSY, BUSY, "text"])

    assert answers == ["text"]
    assert 1 <= slept[0] <= 2 <= slept[1] <= 4
    assert "network, again in" in notices[0]


def test_permanent_failures_are_not_retried():
    answers, slept, _, _ = ask([failure("v", "disabled"), "next"])

    assert answers == ["disabled", "next"]
    assert slept == []


def test_a_block_pauses_the_stage_and_then_the_same_video_is_asked_again():
    answers, slept, notices, _ = ask([BLOCKED, BLOCKED, "text", "next"])

    assert answers == ["text", "next"]
    assert slept == [900]
    assert "the whole stage pauses 900 s" in notices[0]


def test_after_its_last_pause_the_stage_gives_up_and_burns_no_other_video():
    answers, slept, _, left = ask([BLOCKED] * 4 + ["never asked"])

    assert answers == ["ip_blocked"]
    assert slept == [900, 900]
    assert left == ["never asked"]


def test_a_success_between_two_blocks_starts_the_count_again():
    answers, slept, _, _ = ask([BLOCKED, "a", BLOCKED, "b"])

    assert (answers, slept) == (["a", "b"], [])


def test_videos_without_captions_do_not_open_the_breaker():
    breaker_test = [failure("v", "disabled")] * 5 + ["text"]

    assert ask(breaker_test)[1] == []


def test_a_dead_network_pauses_the_stage_too():
    answers, slept, _, left = ask([BUSY] * 30, max_retries=0)

    assert answers == ["network", "network"]
    assert slept == [900, 900]
    assert len(left) == 26


def test_videos_are_paced_a_third_more_or_less_but_not_before_the_first():
    _, slept, _, _ = ask(["a", "b", "c"], pause_s=3)

    assert len(slept) == 2
    assert all(2 <= pause <= 4 for pause in slept)


def test_a_breaker_without_pauses_gives_up_at_once():
    breaker = Breaker(BreakerSettings(after_blocks=1, pause_s=9, max_pauses=0))

    assert breaker.refused() is None
    assert breaker.given_up


def test_backoff_doubles_within_its_bounds():
    rng = random.Random(3)

    delays = [backoff(retry, 2.0, rng) for retry in range(20)]

    assert all(2.0 * 2**n / 2 <= d <= 2.0 * 2**n for n, d in enumerate(delays[:5]))
    assert max(delays) <= 300


def test_the_youtube_source_says_when_it_has_given_up(youtube):
    youtube.watch = lambda _: (200, "text/html", '<div class="g-recaptcha">')
    captions = YouTubeCaptions(settings(), None, today=lambda: TODAY)
    youtube.on(captions.session)
    source = YouTubeSource(captions, Patience(settings(), Nights(), random.Random(1), print))

    with pytest.raises(SourceBlockedError):
        asyncio.run(source.transcript(VIDEO))

    assert source.given_up == "ip_blocked"
    assert len(youtube.requests) == 4  # two before the first pause, one after each


# --- what becomes of the video -----------------------------------------------


def transcript(text="one two three"):
    return Transcript(
        video_id=VIDEO.video_id,
        title="",
        language="en",
        origin="manual",
        timing="measured",
        duration_s=1,
        segments=(Segment(start=0, end=1, text=text),),
    )


def test_a_transcript_that_is_too_short_comes_back_with_a_lower_setting():
    short = after_transcript(VIDEO, transcript(), 4)
    back = after_transcript(short, transcript(), 3)

    assert (short.status, short.reason) == ("unavailable", "too_short")
    assert (back.status, back.reason) == ("transcribed", None)


def test_imported_videos_stay_imported():
    imported = VIDEO.model_copy(update={"status": "imported"})

    assert after_transcript(imported, transcript(), 1) == imported


@pytest.mark.parametrize(
    ("reason", "status", "asked_again"),
    [("disabled", "unavailable", False), ("network", "failed", True), ("not_yet", "failed", True)],
)
def test_permanent_reasons_are_remembered_and_passing_ones_asked_again(
    youtube, reason, status, asked_again
):
    row = after_failure(VIDEO, failure(VIDEO.video_id, reason))
    source = YouTubeSource(
        YouTubeCaptions(settings(), None, today=lambda: TODAY),
        Patience(settings(), Nights(), random.Random(1), print),
    )

    assert (row.status, row.reason) == (status, reason)
    assert source.wants(row, None) is asked_again


def test_a_video_that_leaves_the_channel_keeps_its_transcript_in_use():
    gone = VIDEO.model_copy(update={"status": "transcribed"})
    taken_away = gone.model_copy(update={"origin": "folder"})

    assert in_scope([gone], set()) == [gone]
    assert in_scope([taken_away], set()) == []
    assert in_scope([VIDEO], set()) == []


# --- proxies -----------------------------------------------------------------


def test_the_generic_proxy_comes_from_its_variable():
    chosen = ProxySettings(kind="generic", webshare_locations=())
    url = "http://user:hunter2@proxy.example:8080"

    proxy = proxy_from(chosen, {"UNDERSTUDY_PROXY_URL": url})

    assert proxy is not None
    assert proxy.to_requests_dict() == {"http": url, "https": url}


def test_webshare_takes_its_user_and_its_countries():
    chosen = ProxySettings(kind="webshare", webshare_locations=("us", "de"))
    variables = {"WEBSHARE_PROXY_USERNAME": "me", "WEBSHARE_PROXY_PASSWORD": "hunter2"}

    proxy = proxy_from(chosen, variables)

    assert proxy is not None
    assert proxy.http_url == "http://me-US-DE-rotate:hunter2@p.webshare.io:80/"
    session = YouTubeCaptions(settings(), proxy, today=lambda: TODAY).session
    assert session.proxies == proxy.to_requests_dict()
    assert not session.trust_env


@pytest.mark.parametrize(
    ("kind", "variables", "named"),
    [
        ("generic", {}, "UNDERSTUDY_PROXY_URL is not set"),
        ("generic", {"UNDERSTUDY_PROXY_URL": "hunter2"}, "UNDERSTUDY_PROXY_URL must begin"),
        ("webshare", {}, "WEBSHARE_PROXY_USERNAME is not set"),
        ("webshare", {"WEBSHARE_PROXY_USERNAME": "hunter2"}, "WEBSHARE_PROXY_PASSWORD is not set"),
    ],
)
def test_a_missing_variable_is_named_and_no_value_shown(kind, variables, named):
    with pytest.raises(ConfigError, match=named) as caught:
        proxy_from(ProxySettings(kind=kind, webshare_locations=()), variables)

    assert "hunter2" not in str(caught.value)


def test_files_of_a_folder_that_gave_nothing_are_named():
    def file(name, reason):
        talk = Video(video_id=name[0], title=name, origin="folder", path=name)
        return after_failure(talk, failure(talk.video_id, reason)) if reason else talk

    bad = [file(f"{one}\x1b.json", "unparsable") for one in "abcd"]

    assert unusable_files([file("good.json", None)]) == ()
    assert unusable_files([VIDEO.model_copy(update={"status": "failed"})]) == ()
    (said,) = unusable_files([file("good.json", None), *bad, file("e.txt", "empty")])
    assert said == (
        "left out: a .json (unparsable), b .json (unparsable), c .json (unparsable)"
        " and 2 more, see videos.jsonl"
    )
