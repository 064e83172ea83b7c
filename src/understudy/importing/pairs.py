"""Pairs that people have: rows of question and answer, or chats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from understudy.artifacts import canonical_json
from understudy.importing.loading import Loaded
from understudy.importing.rows import Imported, RowRefused, dropped_row, readable, video_of
from understudy.importing.shapes import ANSWER, MESSAGES, QUESTION, TAGS, value_of
from understudy.records import Answer, Dropped, Video, digest_of
from understudy.text.typography import clean


def read_pairs(loaded: Loaded, language: str) -> Imported:  # noqa: ARG001
    return _pairs(loaded, _pair_of_row, "question-answer pairs")


def read_chats(loaded: Loaded, language: str) -> Imported:  # noqa: ARG001
    return _pairs(loaded, _pairs_of_chat, "pairs out of chats")


def _pairs(
    loaded: Loaded,
    read: Callable[[Mapping[str, Any]], Sequence[tuple[str, str]]],
    what: str,
) -> Imported:
    """Read pairs; the same pair of the same video counts once."""
    answers: dict[str, Answer] = {}
    dropped: list[Dropped] = []
    for row in loaded.rows:
        try:
            pairs = read(row.fields)
        except RowRefused as refused:
            dropped.append(dropped_row(row, refused))
            continue
        video_id, title = video_of(row.fields, canonical_json(pairs))
        for question, answer in pairs:
            try:
                made = _answer(row.fields, video_id, title, question, answer)
                if made.id in answers:
                    raise RowRefused("duplicate_row", question)
                answers[made.id] = made
            except RowRefused as refused:
                dropped.append(dropped_row(row, refused))
    kept = tuple(answers.values())
    titles = {answer.video_id: answer.video_title for answer in reversed(kept)}
    return Imported(
        kind="pairs",
        description=f"{loaded.format}: {len(kept):,} {what} of {len(titles):,} videos",
        answers=kept,
        videos=tuple(
            Video(video_id=video_id, title=titles[video_id], origin="import", status="imported")
            for video_id in dict.fromkeys(answer.video_id for answer in kept)
        ),
        dropped=tuple(dropped),
    )


def _pair_of_row(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    question, answer = value_of(fields, QUESTION), value_of(fields, ANSWER)
    context = fields.get("input")
    if "instruction" in fields and isinstance(question, str) and isinstance(context, str):
        question = f"{question}\n\n{context}".strip()
    return [(cast("str", question), cast("str", answer))]  # judged by _answer, whatever they are


def _answer(
    fields: Mapping[str, Any], video_id: str, title: str, question: str, answer: str
) -> Answer:
    asked, said = readable(question), readable(answer)
    return Answer(
        id=f"{video_id}:x{digest_of(asked + said)[:12]}",
        video_id=video_id,
        video_title=title,
        question=asked,
        answer=said,
        tags=_tags(value_of(fields, TAGS)),
        generator="import",
    )


def _pairs_of_chat(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pair each assistant turn with the user turns before it; the system's words are not asked."""
    turns = value_of(fields, MESSAGES)
    if not isinstance(turns, list):
        raise RowRefused("unreadable_text", str(turns)[:80])
    asked: list[str] = []
    pairs: list[tuple[str, str]] = []
    for turn in cast("Sequence[Any]", turns):
        role, text = _turn(turn)
        if role == "user":
            asked.append(text)
        elif role == "assistant" and asked:
            pairs.append(("\n\n".join(asked), text))
            asked = []
    if not pairs:
        raise RowRefused("missing", " ".join(asked))
    return pairs


_ROLES = {"human": "user", "prompter": "user", "gpt": "assistant", "model": "assistant"}


def _turn(turn: Any) -> tuple[str, str]:
    if not isinstance(turn, dict):
        raise RowRefused("unreadable_text", str(turn)[:80])
    fields = cast("Mapping[str, Any]", turn)
    role = str(fields.get("role") or fields.get("from") or "").lower()
    content = fields.get("content", fields.get("value"))
    if isinstance(content, list):
        parts = [one for one in cast("Sequence[Any]", content) if isinstance(one, dict)]
        content = "\n\n".join(str(part["text"]) for part in parts if part.get("text"))
    return _ROLES.get(role, role), content if isinstance(content, str) else ""


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return ()
    tags = [clean(tag)[:80] for tag in cast("Sequence[Any]", value) if isinstance(tag, str)]
    return tuple(dict.fromkeys(tag for tag in tags if tag))
