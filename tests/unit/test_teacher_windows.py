"""A talk over the model's context is asked about in stretches, and each answer finds its own."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.teachers import bench, make_settings, make_transcript, two_passes
from understudy.errors import ConfigError
from understudy.records import Question, Segment
from understudy.teacher.prompts import shared_prefix
from understudy.teacher.windows import CHARS_PER_TOKEN, assigned, portions, span_of, windows_of

LONG = make_transcript(words=4000)


TEACHER = make_settings("http://127.0.0.1:9/v1").teacher


def rules(context_tokens=1500, overlap_s=60):
    changes = {"context_tokens": context_tokens, "window_overlap_s": overlap_s}
    return TEACHER.model_copy(update=changes)


def asked(text, window=None, number=1):
    start, end = span_of(window) if window else (None, None)
    return Question(
        id=f"talk01:q{number:02d}",
        video_id="talk01",
        question=text,
        generator="t",
        start=start,
        end=end,
    )


def talk_of(texts, seconds=10.0):
    segments = tuple(
        Segment(start=at * seconds, end=(at + 1) * seconds, text=text)
        for at, text in enumerate(texts)
    )
    return LONG.model_copy(update={"segments": segments})


def test_a_talk_that_fits_is_left_as_it_is():
    assert windows_of(LONG, rules(context_tokens=128_000)) == (LONG,)


@given(
    st.lists(st.integers(1, 700), min_size=20, max_size=60),
    st.integers(400, 2000),
    st.floats(0, 300),
)
@settings(max_examples=15)
def test_windows_fit_overlap_and_hold_every_segment(lengths, context_tokens, overlap_s):
    talk = talk_of(["ab " * (length // 3) + f"w{at}" for at, length in enumerate(lengths)])

    windows = windows_of(talk, rules(context_tokens, overlap_s))

    limit = context_tokens * CHARS_PER_TOKEN
    assert all(len(shared_prefix(window)) <= limit for window in windows)
    said = [
        " ".join(window.text for window in windows).split().count(f"w{at}")
        for at in range(len(lengths))
    ]
    assert set(said) <= {1, 2}
    for one, other in pairwise(windows):
        assert span_of(one)[0] < span_of(other)[0]
        assert span_of(one)[1] < span_of(other)[1]
        assert span_of(other)[0] <= span_of(one)[1]


def test_neighbours_share_the_seconds_that_are_set():
    windows = windows_of(LONG, rules(context_tokens=3000, overlap_s=60))

    shared = [span_of(one)[1] - span_of(other)[0] for one, other in pairwise(windows)]
    assert len(windows) == 5
    assert all(56 <= seconds <= 60 for seconds in shared)


def test_windows_are_about_equally_long():
    lengths = [len(one.text) for one in windows_of(LONG, rules(context_tokens=3000))]

    assert min(lengths) > 0.75 * max(lengths)


def test_one_segment_that_holds_the_whole_talk_is_cut_at_words():
    whole = LONG.model_copy(update={"segments": (Segment(start=0, end=1600, text=LONG.text),)})

    windows = windows_of(whole, rules(context_tokens=3000))

    assert len(windows) == 5
    assert span_of(windows[-1])[1] == pytest.approx(1600)
    assert set(LONG.text.split()) == {word for one in windows for word in one.text.split()}


def test_a_limit_without_room_for_speech_is_refused():
    with pytest.raises(ConfigError, match=r"teacher\.context_tokens is 100: too few"):
        windows_of(LONG, rules(context_tokens=100))


@pytest.mark.parametrize("count", [1, 3, 5, 11, 40])
def test_questions_are_spread_by_words_and_none_is_lost(count):
    shares = [share for _, share in portions(LONG, count, rules(context_tokens=3000))]

    assert sum(shares) == count
    assert max(shares) - min(shares) <= 1 + count // 4


def test_a_question_is_answered_from_the_window_it_was_asked_about():
    windows = windows_of(LONG, rules())
    questions = [asked("What is it?", window, at) for at, window in enumerate(windows)]

    found = assigned(questions, windows)

    assert [(window, group) for window, group in found] == [
        (window, [question]) for window, question in zip(windows, questions, strict=True)
    ]


def test_a_question_of_unknown_place_goes_where_its_words_are_said():
    parts = [
        f"about {topic} and again {topic} " + "filler words here " * 30
        for topic in ("cortisol", "insulin", "leptin")
    ]
    windows = [talk_of([part]) for part in parts]

    found = assigned(
        [asked("How does insulin fill words?"), asked("What is leptin about?", number=2)], windows
    )

    assert [(windows.index(window), len(group)) for window, group in found] == [(1, 1), (2, 1)]


def test_a_question_asked_about_a_larger_window_goes_to_the_part_that_answers_it():
    wide = windows_of(LONG, rules(context_tokens=6000))[0]
    narrow = windows_of(LONG, rules(context_tokens=1500))
    late = wide.segments[-20].text.split()

    ((window, _),) = assigned(
        [asked(f"How do {late[0]} and {late[1]} meet {late[2]}?", wide)], narrow
    )

    assert " ".join(late[:3]) in window.text
    assert window != narrow[0]


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["live", "batch"])
async def test_a_long_talk_goes_through_both_passes_window_by_window(tmp_path, mode):
    teacher = {
        "mode": mode,
        "context_tokens": 3000,
        "batch": {"poll_s": 0.01, "gather_s": 0.03, "max_requests": 9, "max_mb": 9},
    }
    talk = make_transcript(words=4000)
    async with bench(tmp_path, teacher=teacher) as one:
        questions, answers, dropped = await two_passes(one, talk, 10)

        prompts = [body["messages"][1]["content"] for body in one.server.requests]
        assert len(prompts) == 10
        assert max(map(len, prompts)) < 3000 * CHARS_PER_TOKEN + 2500
        beginnings = {prompt.split("\n\nTask", 1)[0] for prompt in prompts}
        assert len(beginnings) == 5
    assert (len(questions), len(answers), dropped) == (10, 10, [])
    assert len({(one.start, one.end) for one in questions}) == 5
    for question, answer in zip(questions, answers, strict=True):
        assert question.start <= answer.evidence.start <= answer.evidence.end <= question.end
