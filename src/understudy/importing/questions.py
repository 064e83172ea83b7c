"""Questions that people have paid for and not had answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from understudy.importing.loading import Loaded
from understudy.importing.rows import Imported, RowRefused, dropped_row, named_video, readable
from understudy.importing.shapes import QUESTION, QUESTIONS, value_of
from understudy.records import Dropped, Question, Video

_MOST_QUESTIONS = 9999
"""Of one video: ids have four digits."""


def read_questions(loaded: Loaded, language: str) -> Imported:  # noqa: ARG001
    """Read questions, flat or nested under their video, and number them by video."""
    by_video: dict[str, list[str]] = {}
    videos: dict[str, Video] = {}
    dropped: list[Dropped] = []
    for row in loaded.rows:
        items = _question_items(row.fields)
        if not items:
            dropped.append(dropped_row(row, RowRefused("missing")))
        for item in items:
            try:
                question = readable(item)
                video = named_video(row.fields)
                asked = by_video.setdefault(video.video_id, [])
                if question in asked:
                    raise RowRefused("duplicate_row", question)
                if len(asked) == _MOST_QUESTIONS:
                    raise RowRefused("too_many", question)
                asked.append(question)
                videos.setdefault(video.video_id, video)
            except RowRefused as refused:
                dropped.append(dropped_row(row, refused))
    questions = [
        Question(
            id=f"{video_id}:q{number:02d}",
            video_id=video_id,
            question=question,
            generator="import",
        )
        for video_id, asked in by_video.items()
        for number, question in enumerate(asked, start=1)
    ]
    return Imported(
        kind="questions",
        description=f"{loaded.format}: {len(questions):,} questions on {len(videos):,} videos",
        questions=tuple(questions),
        videos=tuple(videos.values()),
        dropped=tuple(dropped),
    )


def _question_items(fields: Mapping[str, Any]) -> list[Any]:
    nested = value_of(fields, QUESTIONS)
    if nested is None:
        return [value_of(fields, QUESTION)]
    listed = cast("Sequence[Any]", nested) if isinstance(nested, list) else [nested]
    return [
        value_of(cast("Mapping[str, Any]", one), (*QUESTION, "text", "q"))
        if isinstance(one, dict)
        else one
        for one in listed
    ]
