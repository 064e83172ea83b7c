"""What a reply holds: one schema for both passes, so that they share the cached prefix, and one
each for variants, opinions and preferences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from understudy.teacher.calling.conversation import InvalidReplyError

SCHEMA_NAME = "questions_and_answers"
M = TypeVar("M", bound=BaseModel)
_TEXT = {"type": "string"}
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
"""What local reasoning models say before their reply, braces and all."""


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


REPLY_SCHEMA: dict[str, Any] = _object(
    questions=_list_of(_object(question=_TEXT)),
    answers=_list_of(_object(id=_TEXT, answer=_TEXT, quote=_TEXT, tags=_list_of(_TEXT))),
)
"""Strict JSON schema: every field required, nothing else allowed."""

VARIANTS_NAME = "variants"
VARIANTS_SCHEMA: dict[str, Any] = _object(
    variants=_list_of(_object(id=_TEXT, text=_TEXT, quote=_TEXT))
)


OPINIONS_NAME = "opinions"
_FLAG = {"type": "boolean"}
OPINIONS_SCHEMA: dict[str, Any] = _object(
    rows=_list_of(_object(id=_TEXT, faithful=_FLAG, answers=_FLAG, problem=_TEXT))
)

PREFERENCE_NAME = "preference"
PREFERENCE_SCHEMA: dict[str, Any] = _object(
    why=_TEXT, better={"type": "string", "enum": ["first", "second", "same"]}
)


class _Lenient(BaseModel):
    """Servers that accept a schema do not all enforce it, so what can be read is read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ReplyQuestion(_Lenient):
    """One question."""

    question: str


class _Labelled(_Lenient):
    """With the label that was sent for it."""

    id: str


class ReplyAnswer(_Labelled):
    """One answer."""

    answer: str
    quote: str = ""
    tags: tuple[str, ...] = ()


class ReplyVariant(_Labelled):
    """One variant."""

    text: str
    quote: str = ""


class ReplyOpinion(_Labelled):
    """What was said of one row."""

    faithful: bool
    answers: bool
    problem: str = ""


class ReplyPreference(_Lenient):
    """Which of two answers is better."""

    better: Literal["first", "second", "same"]
    why: str = ""


L = TypeVar("L", bound=_Labelled)


class _Questions(_Lenient):
    questions: tuple[ReplyQuestion, ...]


class _Answers(_Lenient):
    answers: tuple[ReplyAnswer, ...]


class _Variants(_Lenient):
    variants: tuple[ReplyVariant, ...]


class _Opinions(_Lenient):
    rows: tuple[ReplyOpinion, ...]


def read_questions(text: str, *, least: int = 1) -> tuple[ReplyQuestion, ...]:
    """Read a reply of pass 1.

    Raises:
        InvalidReplyError: It is no JSON, does not match, or holds under `least` questions.
    """
    questions = _validated(text, _Questions).questions
    if len(questions) < least:
        raise InvalidReplyError("missing", "`questions` is empty, and questions were asked for")
    return questions


def read_answers(text: str, labels: Collection[str]) -> tuple[ReplyAnswer, ...]:
    """Read a reply of pass 2.

    Args:
        labels: Of the questions asked. A reply that knows none of them is invalid; one that
            lacks some is not, for the missing ones are asked again singly.

    Raises:
        InvalidReplyError: It is no JSON, does not match, or answers none of the questions.
    """
    return _asked_for(_validated(text, _Answers).answers, labels, "answers")


def read_variants(text: str, labels: Collection[str]) -> tuple[ReplyVariant, ...]:
    """Read a reply that holds variants.

    Raises:
        InvalidReplyError: It is no JSON, does not match, or holds none of the labels.
    """
    return _asked_for(_validated(text, _Variants).variants, labels, "variants")


def read_opinions(text: str, labels: Collection[str]) -> tuple[ReplyOpinion, ...]:
    """Read a reply that judges rows.

    Raises:
        InvalidReplyError: It is no JSON, does not match, or holds none of the labels.
    """
    return _asked_for(_validated(text, _Opinions).rows, labels, "rows")


def read_preference(text: str) -> ReplyPreference:
    """Read a reply that compares two answers.

    Raises:
        InvalidReplyError: It is no JSON, or names none of the two and no tie.
    """
    return _validated(text, ReplyPreference)


def _asked_for(replies: tuple[L, ...], labels: Collection[str], field: str) -> tuple[L, ...]:
    """The replies, if at least one is to something that was asked."""
    if not any(reply.id in labels for reply in replies):
        wanted = ", ".join(sorted(labels))
        raise InvalidReplyError("missing", f"`{field}` must hold one entry per id: {wanted}")
    return replies


def _validated(text: str, model: type[M]) -> M:
    try:
        return model.model_validate(extract_json(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidReplyError("schema", f"at `{where}`: {first['msg']}") from None


def extract_json(text: str) -> Any:
    """Read the JSON object in a reply, be it bare, in a code fence or after some words.

    Raises:
        InvalidReplyError: There is none.
    """
    plain = _THOUGHT.sub("", text).strip()
    if not plain:
        raise InvalidReplyError("not_json", "the reply is empty")
    fenced = re.search(r"```(?:json)?\s*(\{.*\})\s*```", plain, re.DOTALL)
    from_brace = plain[plain.find("{") :] if "{" in plain else ""
    for candidate in (plain, fenced.group(1) if fenced else "", from_brace):
        found = _object_at_start(candidate)
        if found is not None:
            return found
    raise InvalidReplyError("not_json", "the reply is not one whole JSON object")


def _object_at_start(text: str) -> dict[str, Any] | None:
    """The JSON object that a text begins with; what follows it does not matter."""
    try:
        found: Any = json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
