"""Numbers and measures in text, whether written in figures or in English words.

A speech recogniser writes `twenty four hours` where a writer puts `24-hour`: to
compare the two, both are read as values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_SMALL: dict[str, float] = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: 10 * (at + 2) for at, word in enumerate(_TENS)},
    **{word: value for value, word in enumerate(_ORDINALS)},
    **{f"{word[:-1]}ieth": 10 * (at + 2) for at, word in enumerate(_TENS)},
    **{f"{word[:-1]}ies": 10 * (at + 2) for at, word in enumerate(_TENS)},
}
_SCALES = {
    "hundred": 100,
    "hundreds": 100,
    "thousand": 1000,
    "thousands": 1000,
    "million": 10**6,
    "millions": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_SPECIAL: dict[str, tuple[float, ...]] = {
    "half": (0.5, 50),
    "third": (3, 33),
    "quarter": (0.25, 25, 4),
    "quarters": (0.25, 75),
    "once": (1,),
    "twice": (2,),
    "double": (2,),
    "doubles": (2,),
    "doubled": (2,),
    "couple": (2,),
    "pair": (2,),
    "triple": (3,),
    "dozen": (12,),
    "dozens": (12,),
    "decade": (10,),
    "century": (100,),
}
_FILLING = frozenset({"and", "a", "point"})
_LONGEST = 8
"""Words of one number."""

_UNIT_WORDS = {
    "mg": "mg milligram milligrams",
    "mcg": "mcg µg μg microgram micrograms",
    "g": "g gram grams",
    "kg": "kg kilo kilos kilogram kilograms",
    "lb": "lb lbs pound pounds",
    "oz": "oz ounce ounces",
    "ml": "ml milliliter milliliters millilitre millilitres",
    "l": "l liter liters litre litres",
    "iu": "iu",
    "mmol": "mmol millimole millimoles",
    "%": "% percent per-cent",
    "kcal": "kcal calorie calories",
    "s": "second seconds sec secs",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "year years",
    "mm": "mm millimeter millimeters millimetre millimetres",
    "cm": "cm centimeter centimeters centimetre centimetres",
    "m": "meter meters metre metres",
    "km": "km kilometer kilometers kilometre kilometres",
    "mile": "mile miles",
    "ft": "ft foot feet",
    "in": "inch inches",
    "degree": "° °c °f degree degrees",
    "cup": "cup cups",
    "tbsp": "tbsp tablespoon tablespoons",
    "tsp": "tsp teaspoon teaspoons",
    "dollar": "$ dollar dollars usd",
    "euro": "€ euro euros eur",
    "gb": "gb gigabyte gigabytes",
    "mb": "mb megabyte megabytes",
}
_UNIT = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}

_CURRENCIES = frozenset({"$", "€"})

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|[%$€°]", re.IGNORECASE)


@dataclass(frozen=True)
class Measure:
    """A number in a text and the unit behind it."""

    written: str
    values: frozenset[float]
    """What it may mean: `1.500` is read both ways, `1.5 million` with its scale and without."""
    unit: str | None


def measures_in(text: str) -> list[Measure]:
    """Numbers written in figures, in order, each with its unit where one follows."""
    tokens = _TOKEN.findall(text)
    found: list[Measure] = []
    for at, token in enumerate(tokens):
        if not token[0].isdigit():
            continue
        values = readings(token)
        behind = at + 1
        if scale := _SCALES.get(_at(tokens, behind)):
            values |= {value * scale for value in values}
            behind += 1
        found.append(Measure(token, frozenset(values), _unit(tokens, at, behind)))
    return found


def _at(tokens: Sequence[str], index: int) -> str:
    return tokens[index].casefold() if 0 <= index < len(tokens) else ""


def _unit(tokens: Sequence[str], start: int, end: int) -> str | None:
    """The unit of the number in `tokens[start:end]`: the currency before it, or what follows."""
    before, behind = _at(tokens, start - 1), _at(tokens, end)
    if before in _CURRENCIES:
        return _UNIT[before]
    if behind in _CURRENCIES and _at(tokens, end + 1)[:1].isdigit():
        return None
    return _UNIT.get(behind)


def readings(figures: str) -> set[float]:
    """What figures may mean: a point or comma separates thousands or decimals, or two numbers."""
    parts = re.split(r"[.,]", figures)
    found = {float("".join(parts))} if all(len(part) == 3 for part in parts[1:]) else set[float]()
    if len(parts) == 2:
        found.add(float(f"{parts[0]}.{parts[1]}"))
    return found or {float(part) for part in parts}


@dataclass(frozen=True)
class Spoken:
    """The numbers that a transcript says, in figures or words."""

    bare: frozenset[float]
    """Said somewhere without a unit behind."""
    measured: frozenset[tuple[float, str]]
    """Said with this unit."""

    @classmethod
    def of(cls, text: str) -> Spoken:
        """Read every number, in every way that its words allow."""
        bare: set[float] = set()
        measured: set[tuple[float, str]] = set()
        tokens = [token.casefold() for token in _TOKEN.findall(text)]
        for start, end, value in _numbers(tokens):
            if unit := _unit(tokens, start, end):
                measured.add((value, unit))
            else:
                bare.add(value)
        return cls(frozenset(bare), frozenset(measured))

    def says(self, measure: Measure) -> bool:
        """Whether a number is said: with the same unit, or with none on either side."""
        if measure.values & self.bare:
            return True
        return any(
            value in measure.values and (measure.unit is None or unit == measure.unit)
            for value, unit in self.measured
        )


def _numbers(tokens: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Start, end and value of each number, and of each part of it that is a number."""
    done = 0
    for start, token in enumerate(tokens):
        if token[0].isdigit():
            scale = _SCALES.get(_at(tokens, start + 1))
            for value in readings(token):
                yield start, start + 1, value
                if scale:
                    yield start, start + 2, value * scale
        elif start >= done and (token in _SMALL or token in _SCALES or token in _SPECIAL):
            for number in _worded(tokens, start):
                done = max(done, number[1])
                yield number


def _worded(tokens: Sequence[str], start: int) -> Iterator[tuple[int, int, float]]:
    """The number that a run of words is, or those that stand in it side by side."""
    end = start + 1
    while end < min(len(tokens), start + _LONGEST) and _belongs(tokens[end]):
        end += 1
    while tokens[end - 1] in _FILLING:
        end -= 1
    if end == start + 1:
        for value in _SPECIAL.get(tokens[start], ()):
            yield start, end, value
    for value in _values(tokens[start:end]):
        yield start, end, value
    for first, last in _chunks(tokens, start, end):
        for value in _values(tokens[first:last]):
            yield first, last, value


def _chunks(tokens: Sequence[str], start: int, end: int) -> list[tuple[int, int]]:
    """Cut `sixteen eight` or `three and five` into the longest grammatical numbers."""
    found: list[tuple[int, int]] = []
    while start < end:
        ends = [at for at in range(end, start, -1) if _counts(tokens[start:at])]
        if ends:
            found.append((start, ends[0]))
        start = ends[0] if ends else start + 1
    return found


def _counts(words: Sequence[str]) -> bool:
    return (
        words[0] not in _FILLING and words[-1] not in _FILLING and bool(_values(words, years=False))
    )


def _belongs(word: str) -> bool:
    return word in _SMALL or word in _SCALES or word in _FILLING or word == "half"


def _values(words: Sequence[str], *, years: bool = True) -> set[float]:
    """What a run of number words may mean, as one number.

    Args:
        years: Read `nineteen seventy` as one number, too.
    """
    if "point" in words:
        at = words.index("point")
        whole, digits = _counted(words[:at]), [_SMALL.get(word) for word in words[at + 1 :]]
        if whole is None or None in digits:
            return set()
        return {
            float(f"{whole:g}." + "".join(f"{digit:g}" for digit in digits if digit is not None))
        }
    plain = [word for word in words if word not in _FILLING]
    if plain[-1] == "half":
        whole = _counted(plain[:-1]) if len(plain) > 1 else None
        return set() if whole is None else {whole + 0.5}
    paired = _paired(plain) if years else None
    return {value for value in (_counted(plain), paired) if value is not None}


def _counted(words: Sequence[str]) -> float | None:
    """`two hundred fifty` as one grammatical number."""
    total = current = 0.0
    last = 10.0**15
    for word in words:
        if word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                current = max(current, 1) * 100
            else:
                total, current = total + max(current, 1) * scale, 0.0
            last = float(scale)
            continue
        value = _SMALL.get(word)
        if value is None or value >= last:
            return None
        current, last = current + value, 10.0 if value >= 20 else 1.0
    return total + current


def _paired(words: Sequence[str]) -> float | None:
    """`nineteen seventy seven` and `one fifty`: two numbers under a hundred, said as a year is."""
    for at in range(1, len(words)):
        first, second = _counted(words[:at]), _counted(words[at:])
        if first is not None and second is not None and 0 < first < 100 and 10 <= second < 100:
            return first * 100 + second
    return None
