"""Characters: what is put right in a text, what is levelled to compare two, what none may hold.

Texts come from files, captions and models, each with accidents of its own. This
is the one place that says which characters are accidents.
"""

from __future__ import annotations

import re
import unicodedata

_HYPHENS = "\u2010\u2011\u2012\u2043\ufe63\uff0d\u2212"
_DASHES = "\u2013\u2014\u2015\ufe58"
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u0060\u00b4"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"
_SPACES = (
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200e\u200f"
_JOINERS = "\u200c\u200d"

_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffe\uffff"
"""Control characters that are no white space, and what Unicode says is no character."""
_UNREADABLE = re.compile(f"[{_CONTROL}\ufffd\ud800-\udfff]")
_UNWANTED = re.compile(f"[{_CONTROL}{_INVISIBLE}\ud800-\udfff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile(f"[{_CONTROL}]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_STRAY_JOINER = re.compile(f"(?<![^\x00-\u024f])[{_JOINERS}]|[{_JOINERS}](?![^\x00-\u024f])")
"""Persian words and emoji need theirs; beside Latin letters there is nothing to join."""

_TYPED = str.maketrans(
    {
        **dict.fromkeys(_HYPHENS, "-"),
        **dict.fromkeys(f"{_SPACES}\x1c\x1d\x1e\x1f", " "),
        **dict.fromkeys(_INVISIBLE, None),
        "\u2032": "'",
    }
)
_LEVELLED = str.maketrans(
    {
        **dict.fromkeys(_HYPHENS + _DASHES, "-"),
        **dict.fromkeys(_SINGLE_QUOTES, "'"),
        **dict.fromkeys(_DOUBLE_QUOTES, '"'),
        **dict.fromkeys(_INVISIBLE + _JOINERS, None),
    }
)


def tidy(text: str) -> str:
    """Put right what a keyboard would not write: odd hyphens and spaces, invisible characters.

    Dashes and curly quotes stay: they are punctuation, not accidents. Control characters go, and
    lone surrogates, which no file format takes, become U+FFFD.
    """
    joined = _LINE_END.sub("\n", unicodedata.normalize("NFC", text)).translate(_TYPED)
    legible = _CONTROLS.sub("", _LONE_SURROGATE.sub("\ufffd", joined))
    return _STRAY_JOINER.sub("", legible).strip()


def level(text: str) -> str:
    """Take out what two texts may differ in and still say the same in the same words.

    Case, width, spaces, and the variants of dashes, hyphens and quotes.
    """
    if text.isascii():  # ten times faster, and most questions are
        return " ".join(text.replace("`", "'").casefold().split())
    folded = unicodedata.normalize("NFKC", text.translate(_LEVELLED)).translate(_LEVELLED)
    return " ".join(folded.casefold().split())


def clean(text: str) -> str:
    """Keep the words as they are, one space apart, without what files and readers cannot take."""
    return " ".join(_UNWANTED.sub("", text).split())


def is_readable(text: str) -> bool:
    """Whether a text holds no control characters and nothing that stands for lost text."""
    return _UNREADABLE.search(text) is None


def without_surrogates(text: str) -> str:
    """Replace lone surrogates by U+FFFD, so that any file format takes the text."""
    return _LONE_SURROGATE.sub("\ufffd", text)
