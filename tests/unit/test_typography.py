"""Characters: what is put right, what is levelled, and what no text may hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.text.typography import clean, is_readable, level, tidy, without_surrogates


@pytest.mark.parametrize(
    ("written", "put_right"),
    [
        ("low\u2011carb \u2212 5\u00a0g\u202fof\u200b it\u00ad", "low-carb - 5 g of it"),
        ("one\r\ntwo\rthree\x0cfour\x85five\u2028six", "one\ntwo\nthree\nfour\nfive\nsix"),
        ("bell\x07 and \x00 NUL\x1b", "bell and  NUL"),
        ("half a \ud83d pair", "half a \ufffd pair"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("dashes – and — and “quotes” stay", "dashes – and — and “quotes” stay"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f466 but no\u200dt he\u200cre", "\U0001f468\u200d\U0001f469\u200d\U0001f466 but not here"),
    ],
)  # fmt: skip
def test_accidents_are_put_right_and_punctuation_is_left(written, put_right):
    assert tidy(written) == put_right


@given(st.text())
def test_putting_right_twice_is_putting_right_once(text):
    assert tidy(tidy(text)) == tidy(text)
    assert level(level(text)) == level(text)
    assert is_readable(tidy(text)) or "\ufffd" in tidy(text)


def test_two_writings_of_the_same_words_are_level():
    assert level("Ｌow‑Carb “diet”—what’s  it?") == level('low-carb "diet"-what\'s it?')


@pytest.mark.parametrize("text", ["\x00", "\x1b[0m", "\x9f", "\ufffd", chr(0xD800), "\ufffe"])
def test_what_stands_for_lost_text_is_unreadable(text):
    assert not is_readable(f"before {text} after")


@pytest.mark.parametrize("text", ["a\tb\r\nc", "שלום", "蜜蜂", "😀", "a\u2011b"])
def test_every_script_is_readable(text):
    assert is_readable(text)


def test_captions_come_out_on_one_line():
    assert clean(" so\u200b\n\n the\x0c bees\ud800 \x07fly ") == "so the bees fly"


def test_what_is_without_surrogates_can_be_written():
    assert json.dumps(without_surrogates("a\ud800b")).encode() == b'"a\\ufffdb"'


def test_667_real_answers_carry_the_hyphen_and_none_does_afterwards(real_pairs):
    pairs = [json.loads(line) for line in real_pairs.read_text().splitlines()]

    assert sum("\u2011" in pair["answer"] for pair in pairs) == 667
    assert not any("\u2011" in tidy(pair["question"] + pair["answer"]) for pair in pairs)
