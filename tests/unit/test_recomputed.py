"""Every figure of the report, computed again from the raw facts by other, simpler code.

Nothing here imports a measure: words by regular expressions, spans by nested loops, intervals by a
bootstrap of its own with another generator.
"""

from __future__ import annotations

import json
import random
import re
from math import log2
from statistics import fmean, median

import pytest
from scipy.stats import norm, t

from tests.support.proof import SETTINGS, TRAIN_ANSWERS, make_context, make_results
from understudy.proof.report import render
from understudy.proof.wording import figure, interval, signed

DRAWS = 1500
MARKS = ("bold", "list", "paragraphs", "headings")


@pytest.fixture(scope="module")
def results():
    return make_results()


@pytest.fixture(scope="module")
def raw(results):
    """What is on disk, and nothing that was computed from it."""
    return json.loads(results.model_dump_json(include={"questions", "general"}))


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


def mean_of(function):
    """A figure that is the mean over answers of something."""
    return lambda rows, arm: fmean(function(one[arm]["text"], one) for one in rows)


def rate_of(place):
    return mean_of(lambda text, _: float(marks(text)[place]))


def form_distance(rows, arm):
    rates = [
        fmean(marks(one[arm]["text"])[k] for one in rows)
        - fmean(marks(one["reference"])[k] for one in rows)
        for k in range(4)
    ]
    return fmean(map(abs, rates))


def per_token(rows, arm):
    return sum(one[arm]["loss"] for one in rows) / sum(one[arm]["tokens"] for one in rows)


def agreement(text, one):
    return fmean(a == b for a, b in zip(marks(text), marks(one["reference"]), strict=True))


FIGURES = {
    "loss_per_token": per_token,
    "loss_per_answer": lambda rows, arm: fmean(one[arm]["loss"] for one in rows),
    "question_gain": lambda rows, arm: (
        sum(one[arm]["elsewhere"] - one[arm]["loss"] for one in rows)
        / sum(one[arm]["tokens"] for one in rows)
    ),
    "content_match": mean_of(lambda text, one: shared(text, one["reference"])),
    "form_distance": form_distance,
    "form_match": mean_of(agreement),
    **{f"form_{mark}": rate_of(place) for place, mark in enumerate(MARKS)},
    "form_score": mean_of(lambda text, _: float(sum(marks(text)[:3]))),
    "length_error": mean_of(lambda text, one: doublings(text, one["reference"])),
    "length_ratio": lambda rows, arm: (
        sum(len(words(one[arm]["text"])) for one in rows)
        / sum(len(words(one["reference"])) for one in rows)
    ),
    "ended": lambda rows, arm: fmean(one[arm]["finish_reason"] == "stop" for one in rows),
    "repeated_span": mean_of(lambda text, _: repeated(text)),
    "distinct_trigrams": mean_of(lambda text, _: distinct(text)),
    "copied_from_train": mean_of(lambda text, _: copied(text)),
    "general_loss": per_token,
    "general_right": mean_of(right),
}
OF_REFERENCES = {
    **{f"form_{mark}": lambda text, k=k: marks(text)[k] for k, mark in enumerate(MARKS)},
    "form_score": lambda text: sum(marks(text)[:3]),
    "repeated_span": repeated,
    "distinct_trigrams": distinct,
    "copied_from_train": copied,
    "length_ratio": lambda _: 1,
    "general_right": lambda _: 1,
}


def rows_of(raw, name):
    return raw["general" if name.startswith("general") else "questions"]


def draws(rows, statistic, general):
    """Differences over redrawn videos, widened for their small number as the method says."""
    clusters = {}
    for one in rows:
        clusters.setdefault(one["id"] if general else one["video_id"], []).append(one)
    names, draw = list(clusters), random.Random(5)
    found = []
    for _ in range(DRAWS):
        drawn = [one for name in draw.choices(names, k=len(names)) for one in clusters[name]]
        found.append(statistic(drawn))
    found.sort()
    middle, count = statistic(rows), len(names)
    stretch = (count / (count - 1)) ** 0.5 * t.ppf(0.975, count - 1) / norm.ppf(0.975)
    ends = found[int(0.025 * DRAWS)], found[int(0.975 * DRAWS)]
    return [middle + (end - middle) * stretch for end in ends]


# --- the comparison -----------------------------------------------------------------


def test_nothing_is_left_out(results):
    assert set(results.measures) == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_base_tuned_and_their_difference(results, raw, name):
    found, rows = results.measures[name], rows_of(raw, name)

    base, tuned = (FIGURES[name](rows, arm) for arm in ("base", "tuned"))

    assert (found.base, found.tuned) == pytest.approx((base, tuned))
    assert found.diff == pytest.approx(tuned - base)
    assert found.n_rows == len(rows)
    for arm, other in found.others.items():
        own = [{**one, arm: one["others"][arm]} for one in rows]
        assert other.value == pytest.approx(FIGURES[name](own, arm))
        assert other.diff == pytest.approx(tuned - other.value)


@pytest.mark.parametrize("name", OF_REFERENCES)
def test_what_the_references_reach(results, raw, name):
    expected = fmean(OF_REFERENCES[name](one["reference"]) for one in rows_of(raw, name))

    assert results.measures[name].reference == pytest.approx(expected)


@pytest.mark.parametrize("name", ["loss_per_token", "loss_per_answer", "general_loss"])
def test_the_interval(results, raw, name):
    low, high = draws(
        rows_of(raw, name),
        lambda drawn: FIGURES[name](drawn, "tuned") - FIGURES[name](drawn, "base"),
        name.startswith("general"),
    )

    found = results.measures[name].ci95
    width = high - low
    assert found == pytest.approx((low, high), abs=0.12 * width + 1e-9)


def test_the_trivial_answerers(results, raw):
    rows, found = raw["questions"], results.measures
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
