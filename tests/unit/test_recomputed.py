"""Every figure of the report, computed again from the raw facts by other, simpler code.

Nothing here imports a measure: words by regular expressions, spans by nested loops, likeness of
words by their longest common subsequence, voices by dictionaries, intervals from plain sums. What
takes more than the questions' own file (transcripts, training answers) is read from what made them.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import cache
from math import log, log2
from statistics import fmean, median

import numpy as np
import pytest
from scipy.stats import norm, t

from tests.support.proof import (
    SETTINGS,
    TRAIN_ANSWERS,
    make_context,
    make_results,
    make_transcripts,
)
from understudy.proof.report import render
from understudy.proof.wording import figure, interval, signed

MARKS = ("bold", "list", "paragraphs", "headings")
VOICES = ("speaker", "teacher", "base")


@pytest.fixture(scope="module")
def results():
    return make_results()


@cache
def raw():
    """What is on disk, and nothing that was computed from it."""
    return json.loads(make_results().model_dump_json(include={"questions", "general"}))


# --- the simpler code -------------------------------------------------------------


def words(text):
    return re.findall(r"[a-z0-9']+", text.lower())


def marks(text):
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block]
    return (
        bool(re.search(r"\*\*[^*]+\*\*", text)),
        bool(re.search(r"^- ", text, re.MULTILINE)),
        len(blocks) > 1,
        bool(re.search(r"^#", text, re.MULTILINE)),
    )


def content(text):
    return {word for word in words(text) if len(word) > 3}


def shared(one, other):
    both = len(content(one)) + len(content(other))
    return 2 * len(content(one) & content(other)) / both if both else 0


def repeated(text):
    told = words(text)
    for size in range(len(told) - 1, 0, -1):
        seen = set()
        for start in range(len(told) - size + 1):
            span = tuple(told[start : start + size])
            if span in seen:
                return size / len(told)
            seen.add(span)
    return 0


def distinct(text):
    told = words(text)
    grams = list(zip(told, told[1:], told[2:], strict=False))
    return len(set(grams)) / len(grams) if grams else 1


def copied(text):
    told, covered = words(text), set()
    for start in range(len(told) - 7):
        span = " ".join(told[start : start + 8])
        videos = {v for v, answer in TRAIN_ANSWERS if f" {span} " in f" {' '.join(words(answer))} "}
        if len(videos) == 1:
            covered |= set(range(start, start + 8))
    return len(covered) / len(told)


def doublings(text, reference):
    return abs(log2((len(words(text)) + 1) / (len(words(reference)) + 1)))


def right(text, one):
    return float(" ".join(words(one["reference"])) in " ".join(words(text)))


def agreement(text, other):
    return fmean(a == b for a, b in zip(marks(text), marks(other), strict=True))


# --- grounding: words that the talk holds, or nearly ----------------------------------


@cache
def said(video):
    return content(" ".join(one.text for one in make_transcripts()[video].segments))


@cache
def alike(one, other):
    """Twice the longest common subsequence over both lengths, in hundredths."""
    longest = [0] * (len(other) + 1)
    for letter in one:
        before = list(longest)
        for place, own in enumerate(other):
            longest[place + 1] = (
                before[place] + 1 if letter == own else max(before[place + 1], longest[place])
            )
    return 200 * longest[-1] / (len(one) + len(other))


def grounded(text, video):
    heard = [any(alike(word, one) >= 82 for one in said(video)) for word in content(text)]
    return fmean(heard) if heard else 0


# --- voice: naive Bayes over hashed character n-grams, without the judged video -----------


def grams(text):
    told, found = f" {' '.join(words(text))} ".encode(), Counter()
    for size in (2, 3, 4):
        for start in range(len(told) - size + 1):
            hashed = size
            for byte in told[start : start + size]:
                hashed = (hashed * 16_777_619 ^ byte) % 2**64
            found[(hashed >> 7) % 2**14] += 1
    return found


@cache
def known():
    """Of each voice the video and n-grams of each of its texts."""
    rows = raw()["questions"]
    pieces = [
        (name, " ".join(told[start : start + 100]))
        for name, talk in make_transcripts().items()
        for told in [words(" ".join(one.text for one in talk.segments))]
        for start in range(0, len(told) - 99, 100)
    ]
    answers = [*TRAIN_ANSWERS, *((one["video_id"], one["reference"]) for one in rows)]
    texts = (pieces, answers, [(one["video_id"], one["base"]["text"]) for one in rows])
    return [[(video, grams(text)) for video, text in own] for own in texts]


@cache
def model(video):
    """Each voice's n-grams outside of a video, with their sum; and the least that a voice has."""
    least = min(sum(sum(counts.values()) for _, counts in own) for own in known())
    wholes = [sum((c for at, c in own if at != video), Counter()) for own in known()]
    return [(whole, sum(whole.values())) for whole in wholes], least


def voice_of(video, counts):
    voices, least = model(video)
    scores = [
        sum(
            times * log((whole[bucket] * least / size + 0.1) / (least + 0.1 * 2**14))
            for bucket, times in counts.items()
        )
        for whole, size in voices
    ]
    return VOICES[scores.index(max(scores))]


def sounds_like(voice):
    return mean_of(lambda text, one: float(voice_of(one["video_id"], grams(text)) == voice))


# --- each figure as what a question adds to its numerator and denominator -----------------


def won(one, arm):
    """1 for an answer that was preferred in both orders, a half for every tie."""
    said = {one["judged"]["base_first"], one["judged"]["tuned_first"]}
    return float(said == {arm}) if len(said) == 1 and said != {"same"} else 0.5


def longer(one, arm):
    """Doublings of an answer's length over that of the other one."""
    lengths = {name: log2(len(words(one[name]["text"])) + 1) for name in ("base", "tuned")}
    return lengths[arm] - lengths["tuned" if arm == "base" else "base"]


def for_a_line(one, arm):
    x, y = longer(one, arm), won(one, arm)
    return 1, x, y, x * x, x * y


def mean_of(function):
    """A figure that is the mean over answers of something."""
    return lambda one, arm: (function(one[arm]["text"], one), 1)


def per_token(one, arm):
    return one[arm]["loss"], one[arm]["tokens"]


COLUMNS = {
    "loss_per_token": per_token,
    "loss_per_answer": lambda one, arm: (one[arm]["loss"], 1),
    "question_gain": lambda one, arm: (
        one[arm]["elsewhere"] - one[arm]["loss"],
        one[arm]["tokens"],
    ),
    "content_match": mean_of(lambda text, one: shared(text, one["reference"])),
    "grounded": mean_of(lambda text, one: grounded(text, one["video_id"])),
    **{f"voice_{voice}": sounds_like(voice) for voice in VOICES},
    "form_distance": lambda one, arm: (*marks(one[arm]["text"]), *marks(one["reference"]), 1),
    "form_match": mean_of(lambda text, one: agreement(text, one["reference"])),
    **{
        f"form_{mark}": mean_of(lambda text, _, k=k: float(marks(text)[k]))
        for k, mark in enumerate(MARKS)
    },
    "form_score": mean_of(lambda text, _: float(sum(marks(text)[:3]))),
    "length_error": mean_of(lambda text, one: doublings(text, one["reference"])),
    "length_ratio": lambda one, arm: (len(words(one[arm]["text"])), len(words(one["reference"]))),
    "ended": lambda one, arm: (one[arm]["finish_reason"] == "stop", 1),
    "repeated_span": mean_of(lambda text, _: repeated(text)),
    "distinct_trigrams": mean_of(lambda text, _: distinct(text)),
    "copied_from_train": mean_of(lambda text, _: copied(text)),
    "judge_preference": lambda one, arm: (won(one, arm), 1),
    "judge_preference_by_length": for_a_line,
    "general_loss": per_token,
    "general_right": mean_of(right),
}
SHARES = {
    name
    for name in COLUMNS
    if name.startswith(
        ("form_", "voice_", "judge_", "content_", "copied_", "repeated_", "distinct_")
    )
    or name in {"grounded", "ended", "general_right"}
} - {"form_score"}
"""Two of them are at most 1 apart, whatever the draws say."""
OF_REFERENCES = {
    **{f"form_{mark}": lambda text, k=k: marks(text)[k] for k, mark in enumerate(MARKS)},
    "form_score": lambda text: sum(marks(text)[:3]),
    "repeated_span": repeated,
    "distinct_trigrams": distinct,
    "copied_from_train": copied,
    "length_ratio": lambda _: 1,
    "general_right": lambda _: 1,
}


def figure_of(name, sums):
    """From column sums, one figure or one for each draw."""
    if name == "form_distance":
        return sum(abs(sums[k] - sums[4 + k]) / sums[8] for k in range(4)) / 4
    if name == "judge_preference_by_length":
        count, x, y, xx, xy = sums
        return np.clip((y - x * (count * xy - x * y) / (count * xx - x * x)) / count, 0, 1)
    return sums[0] / sums[1]


def rows_of(name):
    rows = raw()["general" if name.startswith("general") else "questions"]
    return [one for one in rows if one["judged"]] if name.startswith("judge") else rows


@cache
def columns_of(name, arm):
    """`(rows, columns)`; an arm beside base and tuned model stands under `others`."""
    rows = [{**one, **(one.get("others") or {})} for one in rows_of(name)]
    return np.array([COLUMNS[name](one, arm) for one in rows], float)


def clusters_of(name):
    """Number of the video that each row belongs to; each general question is on its own."""
    rows = rows_of(name)
    named = [one["id"] if name.startswith("general") else one["video_id"] for one in rows]
    return [list(dict.fromkeys(named)).index(one) for one in named]


def ends(name, drawn, arm, low, high):
    """Ends of tuned minus an arm over draws of how often each video comes, as the method says."""
    cluster = clusters_of(name)
    repeats = np.array([[draw[k] for k in cluster] for draw in drawn], float)
    tuned, other = (
        figure_of(name, (repeats @ columns_of(name, each)).T) for each in ("tuned", arm)
    )
    whole, against = (
        figure_of(name, columns_of(name, each).sum(axis=0)) for each in ("tuned", arm)
    )
    count = max(cluster) + 1
    stretch = (count / (count - 1)) ** 0.5 * t.ppf(high, count - 1) / norm.ppf(high)
    found = np.quantile(tuned - other, [low, high])
    if name in SHARES and found[0] == found[1]:  # no draw differs: what so many videos leave open
        return tuple(np.clip(found + np.array([-1, 1]) * (1 - low ** (1 / count)), -1, 1))
    middle = whole - against
    limits = (-1, 1) if name in SHARES else (-np.inf, np.inf)
    return tuple(np.clip(middle + (end - middle) * stretch, *limits) for end in found)


# --- the comparison -----------------------------------------------------------------


def test_nothing_is_left_out(results):
    assert set(results.measures) == set(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_base_tuned_and_their_difference(results, name):
    found = results.measures[name]

    base, tuned = (figure_of(name, columns_of(name, arm).sum(axis=0)) for arm in ("base", "tuned"))

    assert (found.base, found.tuned) == pytest.approx((base, tuned))
    assert found.diff == pytest.approx(tuned - base)
    assert found.n_rows == len(rows_of(name))
    for arm, other in found.others.items():
        own = figure_of(name, columns_of(name, arm).sum(axis=0))
        assert other.value == pytest.approx(own)
        assert other.diff == pytest.approx(tuned - own)


@pytest.mark.parametrize("name", OF_REFERENCES)
def test_what_the_references_reach(results, name):
    expected = fmean(OF_REFERENCES[name](one["reference"]) for one in rows_of(name))

    assert results.measures[name].reference == pytest.approx(expected)


def test_equal_length_is_read_off_a_least_squares_line(results):
    rows = rows_of("judge_preference_by_length")

    _, at_none = np.polyfit(
        [longer(one, "tuned") for one in rows], [won(one, "tuned") for one in rows], 1
    )

    assert results.measures["judge_preference_by_length"].tuned == pytest.approx(at_none)


def test_what_the_references_hold_of_talk_and_voices(results):
    rows = raw()["questions"]

    in_talk = fmean(grounded(one["reference"], one["video_id"]) for one in rows)
    voices = [voice_of(one["video_id"], grams(one["reference"])) for one in rows]

    assert results.measures["grounded"].reference == pytest.approx(in_talk)
    for voice in VOICES:
        share = voices.count(voice) / len(voices)
        assert results.measures[f"voice_{voice}"].reference == pytest.approx(share)


def test_how_often_the_voices_are_told_rightly(results):
    right_of = [
        fmean(voice_of(video, counts) == voice for video, counts in own)
        for voice, own in zip(VOICES, known(), strict=True)
    ]

    for voice in VOICES:
        assert (
            f"{fmean(right_of) * 100:.0f}\u00a0% are told"
            in results.measures[f"voice_{voice}"].baseline_is
        )


@pytest.mark.parametrize("name", COLUMNS)
def test_every_interval_follows_from_the_same_draws(results, name):
    found, count = results.measures[name], max(clusters_of(name)) + 1
    generator = np.random.default_rng(SETTINGS.seed)
    drawn = generator.multinomial(count, [1 / count] * count, size=SETTINGS.resamples)

    assert found.ci95 == pytest.approx(ends(name, drawn, "base", 0.025, 0.975))
    for arm, other in found.others.items():
        assert other.ci95 == pytest.approx(ends(name, drawn, arm, 0.025, 0.975))


@pytest.mark.parametrize("name", ["loss_per_token", "loss_per_answer", "general_loss"])
def test_other_draws_give_about_the_same_interval(results, name):
    count, draw = max(clusters_of(name)) + 1, random.Random(5)
    drawn = [
        [chosen.count(k) for k in range(count)]
        for chosen in (draw.choices(range(count), k=count) for _ in range(1500))
    ]

    low, high = ends(name, drawn, "base", 0.025, 0.975)

    assert results.measures[name].ci95 == pytest.approx((low, high), abs=0.12 * (high - low) + 1e-9)


def test_the_trivial_answerers(results):
    rows, found = raw()["questions"], results.measures
    tokens = sum(one["base"]["tokens"] for one in rows)
    unigram = sum(one["unigram_loss"] for one in rows)
    middle = median(len(words(one["reference"])) for one in rows)
    fixed = [abs(log2((middle + 1) / (len(words(one["reference"])) + 1))) for one in rows]
    rates = [fmean(marks(one["reference"])[k] for one in rows) for k in range(4)]
    fits = fmean(one["base"]["tokens"] <= SETTINGS.max_tokens for one in rows)

    assert found["loss_per_token"].baseline == pytest.approx(unigram / tokens)
    assert found["loss_per_answer"].baseline == pytest.approx(unigram / len(rows))
    assert found["length_error"].baseline == pytest.approx(fmean(fixed))
    assert found["form_distance"].baseline == pytest.approx(
        fmean(abs((rate > 0.5) - rate) for rate in rates)
    )
    assert found["ended"].baseline == pytest.approx(fits)


def test_what_answers_to_other_questions_reach(results):
    rows, found = raw()["questions"], results.measures
    videos = sorted({one["video_id"] for one in rows})
    after = dict(zip(videos, [*videos[1:], videos[0]], strict=True))
    foreign = [[other for other in rows if other["video_id"] != one["video_id"]] for one in rows]
    following = [
        next(other for other in [*rows[at + 1 :], *rows[:at]] if other in foreign[at])
        for at in range(len(rows))
    ]

    assert found["grounded"].baseline == pytest.approx(
        fmean(grounded(one["reference"], after[one["video_id"]]) for one in rows)
    )
    assert found["content_match"].baseline == pytest.approx(
        fmean(
            shared(o["reference"], one["reference"]) for o, one in zip(following, rows, strict=True)
        )
    )
    assert found["form_match"].baseline == pytest.approx(
        fmean(
            fmean(agreement(one["reference"], other["reference"]) for other in others)
            for one, others in zip(rows, foreign, strict=True)
        )
    )


def test_the_page_shows_these_figures_and_no_others(results):
    cells = re.findall(
        r"<td data-name=\"(\w[^\"]*)\"[^>]*>(.*?)</td>", render(results, make_context())
    )
    shown = [(name, re.sub(r"<[^>]*>", " ", cell).split()) for name, cell in cells]
    base = [cell for name, cell in shown if name == "Base"][: len(results.measures)]
    tuned = [cell for name, cell in shown if name == "Tuned"][: len(results.measures)]
    moved = [cell for name, cell in shown if name == "Difference"]

    for place, one in enumerate(results.measures.values()):
        assert base[place] == figure(one.base, one.unit).split()
        assert tuned[place] == figure(one.tuned, one.unit).split()
        assert moved[place] == [*signed(one).split(), *interval(one).split()]
