"""What all shapes have in common: the result, refusals, texts and ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from understudy.accounting import Account, account
from understudy.importing.loading import RawRow
from understudy.importing.shapes import TITLE, VIDEO, value_of
from understudy.records import (
    VIDEO_ID,
    YOUTUBE_ID,
    Answer,
    Dropped,
    DropReason,
    Question,
    Transcript,
    Video,
    digest_of,
)
from understudy.text.typography import clean, is_readable

LARGEST_TEXT = 2**20
"""Characters of one question or answer."""

_ADDRESS = re.compile(rf"(?:v=|youtu\.be/|/shorts/|/embed/|/live/)({YOUTUBE_ID.pattern})(?![\w-])")


@dataclass(frozen=True)
class Imported:
    """What a file brings. Of the three kinds one is there and the others are empty."""

    kind: Literal["pairs", "questions", "transcripts"]
    description: str
    """For people: format, shape and count."""
    answers: tuple[Answer, ...] = ()
    questions: tuple[Question, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    videos: tuple[Video, ...] = ()
    """Of everything above, with what the file says about them."""
    dropped: tuple[Dropped, ...] = ()

    @property
    def account(self) -> Account:
        """Rows that the file offers, before anybody looks at what is there already."""
        items = len(self.answers) + len(self.questions) + len(self.transcripts)
        reasons = [one.reason for one in self.dropped]
        return account("import", self.kind.removesuffix("s"), produced=items, dropped=reasons)


class RowRefused(Exception):  # noqa: N818  (says what happened, and never leaves this module)
    """This row cannot be used, for a reason of the closed list."""

    def __init__(self, reason: DropReason, text: str = "") -> None:
        super().__init__(reason, text)
        self.reason: DropReason = reason
        self.text = text


def readable(value: Any) -> str:
    """Return a text that can be trained on as it is.

    Raises:
        RowRefused: It is empty, over a megabyte, or holds what no text holds.
    """
    if value is None:
        raise RowRefused("empty")
    if not isinstance(value, str):
        raise RowRefused("unreadable_text", f"{type(value).__name__} in place of a text")
    if len(value) > LARGEST_TEXT:
        raise RowRefused("too_long", value)
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise RowRefused("empty")
    if not is_readable(text):
        raise RowRefused("unreadable_text", text)
    return text


def video_of(fields: Mapping[str, Any], content: str) -> tuple[str, str]:
    """Id and title of the group that a row belongs to; a row without a video is its own group."""
    named, title = value_of(fields, VIDEO), title_of(fields)
    if not isinstance(named, str | int) or not str(named).strip():
        return f"row-{digest_of(content)[:12]}", title
    text = str(named).strip()
    known = video_id_in(text)
    return (known, title) if known else (f"src-{digest_of(text)[:12]}", title or clean(text)[:300])


def named_video(fields: Mapping[str, Any]) -> Video:
    named = value_of(fields, (*VIDEO, "id"))
    video_id = video_id_in(str(named).strip()) if isinstance(named, str | int) else None
    if video_id is None:
        raise RowRefused("unknown_id", str(named)[:80])
    return Video(video_id=video_id, title=title_of(fields), origin="import", status="listed")


def video_id_in(text: str) -> str | None:
    """An id as it stands, or out of an address of YouTube."""
    if VIDEO_ID.fullmatch(text):
        return text
    found = _ADDRESS.search(text)
    return found[1] if found else None


def title_of(fields: Mapping[str, Any]) -> str:
    title = value_of(fields, TITLE)
    return clean(title)[:300] if isinstance(title, str) else ""


def dropped_row(row: RawRow, refused: RowRefused) -> Dropped:
    return Dropped(id=clean(row.place)[:80], reason=refused.reason, text=clean(refused.text[:400]))
