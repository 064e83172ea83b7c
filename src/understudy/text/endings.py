"""Whether a text stops where it ends, or in the middle.

A reply that ran into its token limit looks whole until its last line is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from understudy.text.language import base

_FINAL = ".!?…。！？؟।:;"
_CLOSING = "\"'”’»)]*_`」』"
_ITEM = re.compile(r"^\s*([-*+•]|\d+[.)]|\|)\s")

_SMILE = re.compile(r"[:;]-?\)$")
_OPEN_MARK = re.compile(r"(?:\.\.\.|…|[,:;(\[–—\-/&])$")
_NEVER_LAST: Mapping[str, str] = {
    "en": "and or but nor the a an because although your their its our",
    "de": "und oder aber der das ein eine einen weil dass obwohl",
    "fr": "et ou mais le la les un une des parce que dont",
    "es": "y o pero el los las un una porque aunque",
    "it": "e o ma il lo gli un una perché che",
    "pt": "e ou mas o os um uma porque que",
    "nl": "en of maar het een omdat dat",
}
"""Words in lower case, for there are plans A and vitamins E."""

_NEVER_LAST_IN_PROSE: Mapping[str, str] = {
    "en": "of to with for in on at by from into than is are was were as can will that which if when "
    "while",
    "de": "von mit für zu bei aus die den dem ist sind",
    "fr": "de avec pour dans par sur est sont",
    "es": "de con para por en la es son que",
    "it": "di da con per la le è sono",
    "pt": "de com para por em a as é são",
    "nl": "van met voor door bij de is zijn",
}
"""An item of a list may end so (`- what it is for`); a sentence then has a full stop."""


def breaks_off(source: str, plain: str, language: str) -> bool:
    """Whether the text stops in the middle of a sentence or bracket.

    Args:
        source: Markdown.
        plain: The same without markup.
        language: BCP 47; of unknown ones only marks are looked at, not words.
    """
    last = plain.rstrip().rpartition("\n")[2]
    end = _SMILE.sub("", last).rstrip(_CLOSING)
    if _OPEN_MARK.search(end) or _leaves_bracket_open(last):
        return True
    word, own = end.rpartition(" ")[2], base(language)
    if word in _NEVER_LAST.get(own, "").split():
        return True
    return not _ends_in_item(source) and word in _NEVER_LAST_IN_PROSE.get(own, "").split()


def lacks_final_punctuation(source: str, plain: str) -> bool:
    """Whether the last line is prose without an end; list items and code may go without.

    Args:
        source: Markdown.
        plain: The same without markup.
    """
    last = source.rstrip().rpartition("\n")[2]
    if _ends_in_item(source) or last.startswith(("    ", "```")):
        return False
    return not plain.rstrip().rstrip(_CLOSING).endswith(tuple(_FINAL))


def _ends_in_item(source: str) -> bool:
    return _ITEM.match(source.rstrip().rpartition("\n")[2]) is not None


def _leaves_bracket_open(line: str) -> bool:
    """Whether the last bracket is open and no sentence ends after it, which would be a slip."""
    opened = line.rfind("(")
    return opened >= 0 and ")" not in line[opened:] and not line.endswith(tuple(_FINAL))
