"""The pair search finds what brute force finds, no more and no less."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Indel

from understudy.similarity import pairs

WORDS = ["how", "why", "what", "does", "fasting", "insulin", "a", "bees", "of", "és", "糖尿病"]
TEXTS = st.lists(st.text(alphabet="abcde é糖", max_size=12), max_size=30)
THRESHOLDS = st.sampled_from([0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 1.0])


def similar(one: str, other: str, threshold: float) -> bool:
    """The definition, in whole numbers."""
    allowed = (1 - Fraction(str(threshold))) * (len(one) + len(other))
    return Indel.distance(one, other) < allowed


def brute(texts: list[str], threshold: float) -> list[tuple[int, int, int]]:
    return [
        (i, j, Indel.distance(texts[i], texts[j]))
        for i, j in combinations(range(len(texts)), 2)
        if similar(texts[i], texts[j], threshold)
    ]


def listed(found: pairs.Pairs) -> list[tuple[int, int, int]]:
    return list(found.each())


def sentences(count: int, seed: int) -> list[str]:
    """Sentences and copies of them with typing errors, so that many pairs lie at the threshold."""
    draw = random.Random(seed)
    made = [" ".join(draw.choices(WORDS, k=draw.randint(2, 18))) for _ in range(count // 2)]
    for source in list(made):
        letters = list(source)
        for _ in range(draw.randint(0, len(letters) // 5)):
            letters[draw.randrange(len(letters))] = draw.choice("abcxyz ")
        made.append("".join(letters))
    return made


@given(TEXTS, THRESHOLDS)
def test_finds_what_brute_force_finds(texts, threshold):
    assert listed(pairs.near_pairs(texts, threshold=threshold)) == brute(texts, threshold)


@pytest.mark.parametrize("threshold", [0.7, 0.8, 0.85])
def test_finds_what_brute_force_finds_across_tiles(monkeypatch, threshold):
    monkeypatch.setattr(pairs, "_ROWS", 16)
    monkeypatch.setattr(pairs, "_WIDTH", 64)
    monkeypatch.setattr(pairs, "_BATCH", 100)
    texts = sentences(400, seed=1)

    found = listed(pairs.near_pairs(texts, threshold=threshold))

    assert found == brute(texts, threshold)
    assert len(found) > 50


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_portions_put_together_are_the_whole(monkeypatch, count):
    monkeypatch.setattr(pairs, "_ROWS", 16)
    texts = sentences(300, seed=4)

    parts = [
        pairs.near_pairs(texts, threshold=0.8, portion=(number, count)) for number in range(count)
    ]

    assert listed(pairs.joined(parts)) == listed(pairs.near_pairs(texts, threshold=0.8))
    assert sum(len(part) > 0 for part in parts) == min(count, len(parts), 300 // 16 + 1)


def test_the_bounds_hold_when_counts_exceed_every_digit():
    texts = ["a" * 300, "a" * 290 + "b" * 4, "ab" * 150, "b" * 300, "a" * 250]

    assert listed(pairs.near_pairs(texts, threshold=0.85)) == brute(texts, 0.85)


@pytest.mark.parametrize("batch", [1, 50, 20_000])
def test_texts_with_a_match_on_the_other_side_are_those_of_the_product(monkeypatch, batch):
    monkeypatch.setattr(pairs, "_BATCH", batch)
    left, right = [*sentences(30, seed=2), *sentences(30, seed=9)], sentences(200, seed=2)[5:]

    found = pairs.with_a_match(left, right, threshold=0.8)

    expected = [any(similar(one, other, 0.8) for other in right) for one in left]
    assert found.tolist() == expected
    assert 0 < sum(expected) < len(left)


@pytest.mark.parametrize(("left", "right"), [([], []), ([], ["a"]), (["a"], [])])
def test_one_side_without_texts_has_no_match(left, right):
    assert pairs.with_a_match(left, right, threshold=0.85).tolist() == [False] * len(left)


def test_a_pair_exactly_at_the_threshold_is_not_similar():
    one, other = "abcdefghijklmnopqrst", "abcdefghijklmnopq123"

    assert Indel.distance(one, other) * 20 == 3 * (len(one) + len(other))
    assert len(pairs.near_pairs([one, other], threshold=0.85)) == 0


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["a"]])
def test_nothing_to_compare_is_no_pair(texts):
    assert len(pairs.near_pairs(texts, threshold=0.85)) == 0
