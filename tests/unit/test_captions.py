from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.captions import read_captions, read_stamped, title_of, to_segments
from understudy.text.typography import clean
from understudy.timed_text import count_words, spread

AUTOMATIC = """WEBVTT
Kind: captions
Language: en

00:00:00.160 --> 00:00:02.389 align:start position:0%
 
hello<00:00:00.480><c> everyone</c><00:00:00.880><c> welcome</c>

00:00:02.389 --> 00:00:02.399 align:start position:0%
hello everyone welcome
 

00:00:02.399 --> 00:00:04.310 align:start position:0%
hello everyone welcome
back<00:00:02.879><c> to</c><00:00:03.120><c> the</c><00:00:03.300><c> show</c>

00:00:04.310 --> 00:00:04.320 align:start position:0%
back to the show
 

00:00:04.320 --> 00:00:07.000 align:start position:0%
back to the show
yes

00:00:07.000 --> 00:00:07.010 align:start position:0%
yes
 

00:00:07.010 --> 00:00:09.000 align:start position:0%
yes
yes

00:00:09.000 --> 00:00:09.010 align:start position:0%
yes
 

00:00:11.000 --> 00:00:12.000 align:start position:0%
 
[Music]
"""  # noqa: W293  (YouTube's blank rows hold a space)


def words(segments):
    return " ".join(segment.text for segment in segments)


def test_every_word_of_automatic_captions_comes_out_once():
    segments = read_captions(AUTOMATIC)

    assert words(segments) == "hello everyone welcome back to the show yes yes [Music]"


def test_automatic_captions_keep_the_time_at_which_a_line_was_spoken():
    segments = read_captions(AUTOMATIC)

    assert [(s.start, s.end) for s in segments[:2]] == [(0.16, 2.389), (2.399, 4.31)]
    assert segments[-1].start == 11.0


def test_editors_that_strip_spaces_do_not_break_automatic_captions():
    stripped = "\n".join(line.rstrip() for line in AUTOMATIC.splitlines())

    assert words(read_captions(stripped)) == words(read_captions(AUTOMATIC))


def test_scrolling_is_recognised_without_tags_as_in_converted_srt():
    srt = """1
00:00:00,000 --> 00:00:02,000
so today we talk

2
00:00:02,000 --> 00:00:02,010
so today we talk

3
00:00:02,010 --> 00:00:04,000
so today we talk
about bees

4
00:00:04,000 --> 00:00:04,010
about bees

5
00:00:04,010 --> 00:00:06,000
about bees
and honey
"""

    assert words(read_captions(srt)) == "so today we talk about bees and honey"


def test_a_speaker_who_repeats_himself_is_kept_in_ordinary_captions():
    srt = "\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\nNo.\n" for n in range(1, 5))

    assert words(read_captions(srt)) == "No. No. No. No."


def test_ordinary_webvtt_loses_nothing_but_its_markup():
    vtt = (
        "\ufeffWEBVTT - A talk\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\n"
        "NOTE\r\nnot spoken\r\n\r\nintro\r\n00:01.000 --> 00:03.500 line:80% align:left\r\n"
        "<v Maren Holt>Bees &amp; <i>wasps</i> differ.\r\nTwo rows.\r\n\r\n"
        "2\r\n01:00:03.500 --> 01:00:04.000\r\nx < 5 and &lt;b&gt;\u200b\r\n\r\n"
        "NOTE trailing\r\n"
    ).replace("\r\n", "\n")

    segments = read_captions(vtt)

    assert [(s.start, s.end, s.text) for s in segments] == [
        (1.0, 3.5, "Bees & wasps differ. Two rows."),
        (3603.5, 3604.0, "x < 5 and <b>"),
    ]


def test_srt_keeps_numbers_that_are_spoken_and_blank_rows_inside_a_cue():
    srt = (
        "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}2024\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nfirst\n\nsecond\n\n"
        "3\n00:00:05,000 --> 00:00:06,000\nthird"
    )

    assert [s.text for s in read_captions(srt)] == ["2024", "first second", "third"]


def test_a_timed_row_is_spoken_anew_even_if_it_reads_like_the_last():
    vtt = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\nHello <00:01.200>world\n\n"
        "00:02.000 --> 00:03.000\nHello <00:02.200>world\n"
    )

    assert words(read_captions(vtt)) == "Hello world Hello world"


def test_overlapping_cues_end_where_the_next_begins():
    srt = "1\n00:00:00,000 --> 00:00:05,000\na\n\n2\n00:00:03,000 --> 00:00:06,000\nb\n"

    assert [(s.start, s.end) for s in read_captions(srt)] == [(0, 3), (3, 6)]


def test_lines_that_people_timed_keep_their_end():
    lines = [(0.0, 5.0, "a"), (3.0, 6.0, "b"), (6.0, 6.0, "no duration")]

    segments = to_segments(lines, clip=False)

    assert [s.end for s in segments] == [5.0, 6.0, 6.8]


def test_the_title_comes_from_the_header_or_the_first_note():
    assert title_of("WEBVTT - On bees\n\n") == "On bees"
    assert title_of("WEBVTT\n\nNOTE\nOn wasps\n\n") == "On wasps"
    assert title_of("WEBVTT\n\n00:01.000 --> 00:02.000\nx") is None


PANE = """0:00
so today we're building
a tiny house
0:04
4 seconds
[Music]
1:02:45
1 hour, 2 minutes, 45 seconds
that's a wrap
"""


def test_a_transcript_copied_from_youtubes_page_keeps_its_times():
    assert [(s.start, s.end, s.text) for s in read_stamped(PANE)] == [
        (0.0, 4.0, "so today we're building a tiny house"),
        (4.0, 3765.0, "[Music]"),
        (3765.0, 3766.2, "that's a wrap"),
    ]
    assert [s.text for s in read_stamped("[0:00] a\n[0:03] b\n[0:09] c")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "0:00 Intro\n1:45 Bees\n3:20 Wasps\nAnd now the talk itself.",
        "0:09 c\n0:03 b\n0:00 a",
        "at 7:30 we eat\n8:00\n",
        "",
    ],
)
def test_a_list_of_chapters_and_mentions_of_times_are_words(text):
    assert read_stamped(text) == []


SPOKEN = st.lists(
    st.lists(st.sampled_from(["so", "bees", "honey", "yes", "the"]), min_size=1, max_size=5),
    min_size=1,
    max_size=12,
)


def clock(seconds: float) -> str:
    whole = int(seconds)
    return f"00:{whole // 60:02d}:{whole % 60:02d}.{round(seconds % 1 * 1000):03d}"


def scrolling(lines: list[list[str]], pauses: list[bool]) -> str:
    """Write lines as YouTube does, with a pause and an empty top row before some of them."""
    cues, now, shown = ["WEBVTT\nKind: captions\nLanguage: en\n"], 0.0, " "
    for line, pause in zip(lines, pauses, strict=False):
        if pause:
            now, shown = now + 3, " "
        tagged = line[0] + "".join(f"<{clock(now + 0.5)}><c> {word}</c>" for word in line[1:])
        plain = " ".join(line)
        cues.append(
            f"{clock(now)} --> {clock(now + 2)} align:start position:0%\n{shown}\n{tagged}\n"
        )
        cues.append(
            f"{clock(now + 2)} --> {clock(now + 2.01)} align:start position:0%\n{plain}\n \n"
        )
        now, shown = now + 2.01, plain
    return "\n".join(cues)


@given(SPOKEN, st.lists(st.booleans(), min_size=12, max_size=12))
def test_unrolling_undoes_scrolling_whatever_is_said(lines, pauses):
    text = scrolling([["well", "then"], *lines], [False, *pauses])

    said = " ".join(" ".join(line) for line in [["well", "then"], *lines[: len(pauses)]])
    assert words(read_captions(text)) == said


@given(st.text(alphabet=st.characters(), max_size=300))
def test_garbage_gives_segments_or_none_and_never_an_error(text):
    segments = read_captions("WEBVTT\n\n00:01.000 --> 00:02.000\n" + text)

    assert all(segment.text and segment.end >= segment.start for segment in segments)


@given(st.text(), st.one_of(st.none(), st.floats(min_value=0, max_value=10**6)))
def test_spreading_keeps_each_word_and_orders_the_times(text, duration):
    cleaned = clean(text)

    segments = spread(cleaned, duration)

    assert "".join(words(segments).split()) == "".join(cleaned.split())
    times = [time for s in segments for time in (s.start, s.end)]
    assert times == sorted(times)


def test_spread_segments_are_ten_to_fifteen_seconds():
    segments = spread("a plain word again and " * 300, 600)

    assert all(10 <= s.end - s.start <= 15 for s in segments)
    assert segments[-1].end == 600


def test_text_without_a_duration_is_spoken_at_150_words_a_minute():
    assert spread("word " * 300, None)[-1].end == pytest.approx(120)


def test_scripts_without_spaces_are_cut_and_counted():
    text = "蜂蜜は甘い" * 100

    assert count_words(text) == 250
    assert len(spread(text, 100)) > 1


def test_cleaning_takes_out_what_no_file_can_hold_and_keeps_the_words():
    assert clean("a\x00b\ud800 c\u2028d\te\u00a0f\ufeff") == "ab c d e f"
