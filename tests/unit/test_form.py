"""Form by Markdown parse, and the strict rates of the real answers (FACTS 6)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.text.form import form_of, plain_text, stray_marks


@pytest.mark.parametrize(
    "text",
    ["2 ** 3 - 1 is seven.", "He waited - and waited.", "a * b and c ** d", "\\*\\*not bold\\*\\*"],
)
def test_marks_inside_prose_are_neither_bold_nor_a_list(text):
    form = form_of(text)

    assert not form.bold
    assert not form.list


def test_a_full_answer_has_all_three():
    form = form_of("**Yes, they do.**\n\nBecause:\n\n- one\n- two\n\nSo it goes.")

    assert form.complete
    assert form.opens_bold
    assert (form.blocks, form.list_items, form.headings) == (4, 2, 0)


def test_bold_later_in_the_text_is_no_lead():
    assert not form_of("Well, **yes**.").opens_bold


def test_one_paragraph_over_two_lines_is_one_block():
    assert not form_of("One line\nand its second.").paragraphs


def test_plain_text_holds_words_and_no_marks():
    assert plain_text("**A** `b`\n\n1. c *d*") == "A b\nc d"


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("**Never closed.", "**"),
        ("Look:\n\n```\ncode", "```"),
        ("- one\n-\n- three", "empty item"),
        ("##\n\ntext", "empty heading"),
        ("a <b>tag</b>", "html"),
    ],
)
def test_markup_without_effect_is_named(text, mark):
    assert mark in stray_marks(text)


@pytest.mark.parametrize("text", ["**A.**\n\n- b\n- c", "```\ncode\n```", "5 < 6 and 7 > 3", "a_b"])
def test_sound_markup_has_no_stray_marks(text):
    assert stray_marks(text) == ()


@given(st.text())
def test_any_text_has_a_form(text):
    assert form_of(text).words >= 0
    stray_marks(text)


def test_the_real_answers_have_the_strict_rates(real_pairs: Path):
    lines = real_pairs.read_text(encoding="utf-8").splitlines()
    forms = [form_of(json.loads(line)["answer"]) for line in lines]

    rates = [
        round(100 * sum(flags) / len(forms), 2)
        for flags in (
            [form.bold for form in forms],
            [form.list for form in forms],
            [form.paragraphs for form in forms],
            [form.complete for form in forms],
        )
    ]

    assert rates == [98.65, 85.02, 98.24, 84.08]
