"""A model's Markdown as HTML that can do nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup


def safe_html(text: str) -> Markup:
    """Render an answer: raw HTML is shown as text, links and images are their words only."""
    return Markup(_renderer().render(text))  # noqa: S704  (html is off, links are taken out)


@cache
def _renderer() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    rules: dict[str, Callable[..., str]] = parser.renderer.rules  # pyright: ignore[reportAttributeAccessIssue, reportAssignmentType]
    rules["link_open"] = _constant('<span class="link">')
    rules["link_close"] = _constant("</span>")
    rules["image"] = _alternative
    rules["heading_open"] = _constant('<p class="heading">')  # not the page's outline
    rules["heading_close"] = _constant("</p>")
    rules["fence"] = _code
    return parser


def _constant(markup: str) -> Callable[..., str]:
    def rule(*_: Any) -> str:
        return markup

    return rule


def _alternative(tokens: Sequence[Token], index: int, *_: Any) -> str:
    return escape(tokens[index].content)


def _code(tokens: Sequence[Token], index: int, *_: Any) -> str:
    """Without the info string, which would become a class of the model's choosing."""
    return f"<pre><code>{escape(tokens[index].content)}</code></pre>\n"
