"""What a row means: the shapes that are known, by the keys that show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Shape = Literal["messages", "pairs", "questions", "transcripts"]

MESSAGES = ("messages", "conversations", "conversation")
QUESTION = ("question", "instruction", "prompt", "query")
ANSWER = ("answer", "output", "completion", "response")
QUESTIONS = ("questions", "generated_questions")
SPOKEN = ("transcript", "text", "content", "segments")
VIDEO = ("video_id", "videoid", "youtube_id", "video", "source", "url")
TITLE = ("video_title", "title")
TAGS = ("tags", "keywords")
NESTED = ("metadata", "meta")

KNOWN: Mapping[Shape, str] = {
    "transcripts": "transcripts: video_id and transcript, text or segments",
    "questions": "questions: video_id and question or questions",
    "pairs": "pairs: question and answer (or instruction and output, prompt and completion)",
    "messages": "chats: messages with user and assistant turns",
}


def value_of(fields: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """The first of these keys that has a value, also under `metadata`."""
    places = [fields, *(fields[key] for key in NESTED if isinstance(fields.get(key), dict))]
    return next(
        (place[key] for place in places for key in keys if place.get(key) is not None), None
    )


def shape_of(fields: Mapping[str, Any]) -> Shape | None:
    """Say what one row is, or None."""

    def has(keys: Sequence[str]) -> bool:
        return any(key in fields for key in keys)

    if has(MESSAGES):
        return "messages"
    if has(QUESTION) and has(ANSWER):
        return "pairs"
    if has(QUESTIONS) or has(QUESTION):
        return "questions" if _names_a_video(fields) else None
    if has(SPOKEN):
        return "transcripts" if _names_a_video(fields) or "id" in fields else None
    return None


def _names_a_video(fields: Mapping[str, Any]) -> bool:
    return value_of(fields, VIDEO) is not None


def common_shape(rows: Iterable[Mapping[str, Any]]) -> Shape | None:
    """Say what most of the rows are, or None where most are nothing we know."""
    shapes: Counter[Shape | None] = Counter(shape_of(fields) for fields in rows)
    return shapes.most_common(1)[0][0] if shapes else None
