"""What a public dataset should not hold: ways to reach a person, and foul language."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", re.IGNORECASE)
_DIGITS = re.compile(r"\d[\d ()/.-]{4,}\d")
"""In every telephone number, and quickly looked for."""
_TELEPHONE = re.compile(
    r"\+\d{1,3}[ ./-]?\(?\d{1,4}\)?([ ./-]?\d{2,4}){2,4}\b"
    r"|(?<![\d.,])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\d.,])"
    r"|\b(phone|tel|telephone|call|fax|whatsapp|text)(?: us| me)?(?: at| on)?\s*[.:]?\s*"
    r"\(?\d[\d ()/.-]{5,}\d",
    re.IGNORECASE,
)
_PROFANE = re.compile(
    r"\b(fuck\w*|motherfuck\w*|shit(?:ty|s)?|bullshit|asshole\w*|bitch\w*|cunt\w*|dickhead\w*"
    r"|bastards?|wank\w*|scheiß\w*|arschloch|putain|merde|mierda|puta|cazzo|merda)\b",
    re.IGNORECASE,
)


def holds_personal_data(text: str) -> bool:
    """Whether a text holds an e-mail address or a telephone number."""
    if "@" in text and _ADDRESS.search(text):
        return True
    return _DIGITS.search(text) is not None and _TELEPHONE.search(text) is not None


def is_profane(text: str) -> bool:
    """Whether a text holds a word of a short list of seven languages' commonest."""
    return _PROFANE.search(text) is not None
