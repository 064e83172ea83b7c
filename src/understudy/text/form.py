"""The form of an answer, read from its parsed Markdown.

Looking for `- ` or `**` in the text is wrong on 185 of 1,709 real answers: a
dash stands in prose, and asterisks do not always close. Only a parser knows
what a reader will see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from understudy.records import Record

REMEMBERED = 4096
"""Texts whose reading is kept: a paid answer is judged when it comes and again by its pass."""
_ESCAPED_END = re.compile(r"\\n(?=\\n|[\s\-*#\dA-Z]|$)")
"""A line end that was escaped twice; folders may be called `C:\\new`."""
_LISTS = ("bullet_list_open", "ordered_list_open")


class Form(Record):
    """What a CommonMark renderer makes of one text."""

    bold: bool
    """Some words are strong."""
    opens_bold: bool
    """The first visible words are strong: the lead that these answers begin with."""
    list: bool
    """There is a bullet or numbered list."""
    paragraphs: bool
    """At least two blocks (paragraph, list, heading, …) follow each other."""
    headings: int
    list_items: int
    blocks: int
    """Blocks on the outermost level."""
    words: int
    """Of the visible text, split at white space."""
    characters: int
    """Of the visible text, without markup."""

    @property
    def complete(self) -> bool:
        """Bold, list and paragraphs together: the form that the prompts ask for."""
        return self.bold and self.list and self.paragraphs


def form_of(text: str) -> Form:
    """Parse one answer as CommonMark and say what it shows. Never raises on any text."""
    tokens = _parse(text)
    shown = _visible(tokens)
    blocks = [token for token in tokens if token.level == 0 and token.nesting >= 0]
    return Form(
        bold=any(child.type == "strong_open" for child in _inline(tokens)),
        opens_bold=_opens_bold(tokens),
        list=any(token.type in _LISTS for token in tokens),
        paragraphs=len(blocks) >= 2,
        headings=sum(token.type == "heading_open" for token in tokens),
        list_items=sum(token.type == "list_item_open" for token in tokens),
        blocks=len(blocks),
        words=len(shown.split()),
        characters=len(shown),
    )


@lru_cache(maxsize=REMEMBERED)
def plain_text(text: str) -> str:
    """The text without its markup, one line per block."""
    return _visible(_parse(text))


@lru_cache(maxsize=REMEMBERED)
def stray_marks(text: str) -> tuple[str, ...]:
    """Markup that does not take effect, as the reader would see it.

    Returns:
        The marks found: `**` that stay visible, a code fence that is never closed, a line end
        written as a backslash and an n, a list item or heading without any text, an HTML tag.
    """
    tokens = _parse(text)
    found = {"**" for child in _inline(tokens) if child.type == "text" and "**" in child.content}
    found |= {
        "\\n"
        for child in _inline(tokens)
        if child.type == "text" and _ESCAPED_END.search(child.content)
    }
    found |= {"`" for child in _inline(tokens) if child.type == "text" and "```" in child.content}
    found |= {"html" for token in tokens if token.type == "html_block"}
    found |= {"html" for child in _inline(tokens) if child.type == "html_inline"}
    found |= {"```" for token in tokens if token.type == "fence" and not _closed(token, text)}
    found |= _empty_blocks(tokens)
    return tuple(sorted(found))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark")


@lru_cache(maxsize=64)
def _parse(text: str) -> tuple[Token, ...]:
    """The tokens of a text; several questions are usually asked about the same one."""
    return tuple(_parser().parse(text))


def _inline(tokens: Sequence[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def _visible(tokens: Sequence[Token]) -> str:
    lines: list[str] = []
    for token in tokens:
        if token.type == "inline":
            parts = (_visible_part(child) for child in token.children or ())
            lines.append("".join(parts))
        elif token.type in {"fence", "code_block"}:
            lines.append(token.content)
    return "\n".join(lines)


def _visible_part(child: Token) -> str:
    if child.type in {"softbreak", "hardbreak"}:
        return " "
    return child.content if child.type in {"text", "code_inline"} else ""


def _opens_bold(tokens: Sequence[Token]) -> bool:
    first = next((token for token in tokens if token.type == "inline"), None)
    for child in (first.children or ()) if first else ():
        if child.type == "strong_open":
            return True
        if child.content.strip():
            return False
    return False


def _closed(fence: Token, text: str) -> bool:
    """Whether the fence's last source line is its own closing mark."""
    start, end = fence.map or (0, 0)
    last = text.split("\n")[start:end][-1:]
    return end - start >= 2 and bool(last) and last[0].strip().startswith(fence.markup)


def _empty_blocks(tokens: Sequence[Token]) -> set[str]:
    """Names of list items and headings that close without any content."""
    found: set[str] = set()
    for before, after in pairwise(tokens):
        if before.type == "list_item_open" and after.type == "list_item_close":
            found.add("empty item")
        elif before.type == "heading_open" and not after.content.strip():
            found.add("empty heading")
    return found
