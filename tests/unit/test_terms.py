"""Numbers, doses and names that were never said, however the transcript writes what was."""

from __future__ import annotations

import pytest

from tests.support.content_corpus import talk_of
from understudy.text.numerals import Spoken, measures_in
from understudy.text.terms import Vocabulary, foreign_terms


def said(text: str, language: str = "en") -> Vocabulary:
    talk = talk_of("talk", text, minutes=1).model_copy(update={"language": language})
    return Vocabulary.of(talk)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("sixteen", 16), ("twenty four", 24), ("nineteen seventy seven", 1977), ("one fifty", 150),
        ("two hundred and fifty", 250), ("twenty twenty four", 2024), ("three point five", 3.5),
        ("two and a half", 2.5), ("half", 0.5), ("half", 50), ("forty four thousand one hundred", 44100),
        ("eighteen hundred", 1800), ("nineteen sixties", 1960), ("twenty first", 21), ("a dozen", 12),
        ("1,500", 1500), ("1.5 million", 1_500_000), ("three and five", 5), ("sixteen eight", 8),
    ],
)  # fmt: skip
def test_a_number_in_words_is_a_number(words, value):
    assert value in Spoken.of(words).bare


@pytest.mark.parametrize(
    "sentence",
    [
        "Fast for 16 hours, as Banting did in 1863.",
        "Take 400 mg of it.",
        "About 99 % of 2,400 people, or 99.5%.",
        "The LDL and the GLP-1 fell; the BMR (basal metabolic rate) did not.",
        "Ozempic costs $200 a month.",
        "There are 3 reasons, and the 7th step is the last.",
        "**Eat Less Sugar Every Day**",
        "Sugar does it. Insulin follows: Nothing else does. “Nobody” knows!",
        "A Harvard-trained doctor said so.",
    ],
)
def test_what_was_said_is_not_foreign(sentence):
    talk = said(
        "fast for sixteen hours says banting in eighteen sixty three take four hundred milligrams "
        "ninety nine percent of twenty four hundred people ninety nine point five percent l d l and "
        "g l p one fell basal metabolic rate oh zempic is two hundred dollars at harvard sugar nobody"
    )

    assert foreign_terms(sentence.replace("**", ""), talk) == ()


@pytest.mark.parametrize(
    ("sentence", "terms"),
    [
        ("Fast for 72 hours.", ("72 h",)),
        ("Take 400 g of it.", ("400 g",)),
        ("It was in 1985, with 37% of them.", ("1985", "37 %")),
        ("That was shown by Longo in Framingham.", ("Longo", "Framingham")),
        ("It is what the FDA says of IL-6.", ("IL-6", "FDA")),
        ("It costs €300, or 2.5 million.", ("300 euro", "2.5")),
    ],
)
def test_what_was_never_said_is_listed_with_its_unit(sentence, terms):
    talk = said("fast for sixteen hours and take four hundred milligrams of it with water")

    assert foreign_terms(sentence, talk) == terms


def test_german_nouns_are_no_names():
    talk = said("die bienen lüften den stock", language="de")

    assert foreign_terms("So bleibt der Vorrat in Langstroths Beute trocken, 1852.", talk) == (
        "1852",
    )


def test_a_measure_knows_its_unit_on_either_side():
    measures = measures_in("$20, 5 mg, 24-hour, 16:8, 2 or 3")

    units = [(one.written, one.unit) for one in measures]
    assert units == [
        ("20", "dollar"),
        ("5", "mg"),
        ("24", "h"),
        *((n, None) for n in ["16", "8", "2", "3"]),
    ]
