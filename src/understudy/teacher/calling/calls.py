"""One call to a chat endpoint: what determines it, and what came back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from understudy.artifacts import canonical_json
from understudy.records import Record, digest_of

Pass = Literal["questions", "answers", "audit", "augment", "judge"]


class Turn(Record):
    """One message. The first user turn ends its `stable` part where the cached prefix ends."""

    role: Literal["system", "user", "assistant"]
    stable: str = ""
    """Byte-identical in all calls about one transcript."""
    text: str = ""
    """What differs."""

    @property
    def content(self) -> str:
        return "\n\n".join(part for part in (self.stable, self.text) if part)


class Call(Record):
    """Everything that determines a reply, and what the engine needs to schedule it.

    `item_id`, `kind`, `cache_key` and `order` do not enter the digest: the same question to the
    same model is the same call, whichever run or channel asks it.
    """

    item_id: str
    """Video or question; named in messages."""
    kind: Pass
    order: int = 0
    """Lower goes first: the place in the input, less for calls that others wait for."""
    cache_key: str = ""
    """One per transcript, so that calls about it meet the same cache."""
    turns: tuple[Turn, ...]
    schema_name: str
    reply_schema: Mapping[str, Any]
    prompt_version: str
    """Digest of the prompt files."""
    max_tokens: int

    @property
    def prompt_chars(self) -> int:
        return sum(len(turn.content) for turn in self.turns)

    def digest(self, endpoint: Mapping[str, Any]) -> str:
        """SHA-256 over this call at that endpoint.

        Args:
            endpoint: Address, model and parameters, without the key.
        """
        determined_by = {
            "endpoint": dict(endpoint),
            "turns": [[turn.role, turn.content] for turn in self.turns],
            "schema": dict(self.reply_schema),
            "prompt_version": self.prompt_version,
            "max_tokens": self.max_tokens,
        }
        return digest_of(canonical_json(determined_by))


class Usage(Record):
    """Tokens of one call as the server counted them; 0 where it did not say."""

    prompt: int = 0
    cached: int = 0
    """Of the prompt, read from the prompt cache."""
    written: int = 0
    """Of the prompt, written to the prompt cache."""
    completion: int = 0
    reasoning: int = 0
    """Of the completion."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            prompt=self.prompt + other.prompt,
            cached=self.cached + other.cached,
            written=self.written + other.written,
            completion=self.completion + other.completion,
            reasoning=self.reasoning + other.reasoning,
        )


class Reply(Record):
    """What the model said, read from the stored body."""

    text: str
    finish_reason: str
    refusal: str = ""
    usage: Usage = Usage()


def read_json(text: str) -> Any:
    """What a server sent; None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_reply(body: Any) -> Reply:
    """Read a chat completion leniently: local servers leave fields out.

    Raises:
        ValueError: There is no choice with a message in it.
    """
    choices: Any = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ValueError("the reply holds no choices")
    choice: dict[str, Any] = choices[0]
    message: Any = choice.get("message")
    if not isinstance(message, dict):
        raise ValueError("the first choice holds no message")  # noqa: TRY004  (data, not a type)
    return Reply(
        text=_text(message.get("content")),
        finish_reason=str(choice.get("finish_reason") or "stop"),
        refusal=_text(message.get("refusal")),
        usage=read_usage(body.get("usage")),
    )


def read_usage(raw: Any) -> Usage:
    """Read token counts; a server that sends none, or nonsense, counts as 0."""
    if not isinstance(raw, dict):
        return Usage()
    prompt: Any = raw.get("prompt_tokens_details")
    completion: Any = raw.get("completion_tokens_details")
    return Usage(
        prompt=_count(raw, "prompt_tokens"),
        cached=_count(prompt, "cached_tokens"),
        written=_count(prompt, "cache_write_tokens"),
        completion=_count(raw, "completion_tokens"),
        reasoning=_count(completion, "reasoning_tokens"),
    )


def _text(value: Any) -> str:
    """A message's content: text, or a list of parts. A lone surrogate becomes U+FFFD."""
    if isinstance(value, list):
        parts = (part.get("text", "") for part in value if isinstance(part, dict))
        value = "".join(str(part) for part in parts)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _count(raw: Any, key: str) -> int:
    value: Any = raw.get(key) if isinstance(raw, dict) else 0
    return value if isinstance(value, int) and value > 0 else 0
