"""Paraphrases by meaning, with an encoder of the test's own: reported, or one kept of each group."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.rows import dedup_settings, row_of
from understudy.dedup import deduplicate_rows
from understudy.errors import ConfigError
from understudy.meanings import alike, open_encoder, without_paraphrases
from understudy.quality import defects
from understudy.rows import kept

ANGLES = {
    "Why do bees dance?": 0.0,
    "What makes a bee waggle about?": 0.2,
    "For which purpose do they move so?": 0.45,
    "Is wax edible?": 1.5,
}
"""Radians: the first two are near, the second and third too, the first and third are not."""


def encode(texts):
    angles = np.array([ANGLES[text] for text in texts])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def found(**changes):
    rows = [
        row_of(f"v{number}:q01", question=question, answer=f"Answer {number}.")
        for number, question in enumerate(ANGLES)
    ]
    settings = dedup_settings(semantic_threshold=float(np.cos(0.3)), **changes)
    first = deduplicate_rows(rows, settings, defects=defects)
    return without_paraphrases(first, settings, encode=encode, defects=defects)


def test_they_are_reported_and_stay():
    result, groups = found(semantic="flag")

    assert [[member.question for member in group.members] for group in groups] == [
        sorted(list(ANGLES)[:2], key=lambda text: text != groups[0].members[0].question)
    ]
    assert len(kept(result.rows)) == 4


def test_on_request_one_of_each_group_is_kept_and_a_chain_is_no_group():
    result, groups = found(semantic="drop")

    gone = [row for row in result.rows if row.status == "dropped"]
    assert [(row.reason, row.cluster) for row in gone] == [("same_meaning", groups[0].keeper)]
    assert {row.question for row in kept(result.rows)} >= set(list(ANGLES)[2:])


def test_pairs_are_those_of_the_whole_product_across_stripes(monkeypatch):
    monkeypatch.setattr("understudy.meanings._AT_ONCE", 3)
    draw = np.random.default_rng(1)
    vectors = draw.normal(size=(20, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    pairs = {(left, right) for _, left, right in alike(vectors, 0.7)}

    cosines = vectors @ vectors.T
    expected = {(i, j) for i in range(20) for j in range(i + 1, 20) if cosines[i, j] >= 0.7}
    assert pairs == expected
    assert pairs


def test_without_the_extra_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)

    with pytest.raises(ConfigError, match=r"understudy\[semantic\]"):
        open_encoder("any/model")
