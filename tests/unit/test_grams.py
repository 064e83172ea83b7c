"""Shared runs of eight words: the same as sets of tuples would find."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from understudy.similarity import grams
from understudy.similarity.grams import sharing_a_run

WORDS = st.lists(st.sampled_from(["a", "B", "bee", "wax", "é"]), max_size=40)
TEXTS = st.lists(WORDS.map(" ".join), max_size=6)


def tuples(text):
    words = re.findall(r"[^\W_]+", text.casefold())
    return {tuple(words[start : start + 8]) for start in range(len(words) - 7)}


@given(TEXTS, TEXTS)
def test_it_finds_what_sets_of_tuples_find(texts, others):
    known = {run for other in others for run in tuples(other)}

    assert sharing_a_run(texts, others) == [bool(known & tuples(text)) for text in texts]


def test_batches_add_up(monkeypatch):
    monkeypatch.setattr(grams, "BATCH_ROWS", 1)
    text = "**One** two three four five six seven eight."

    others = ["none of it", f"Before it: {text.upper()}", "and none after it"]

    assert sharing_a_run([text, "too short"], others) == [True, False]
