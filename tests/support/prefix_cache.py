"""The provider's prompt cache: which tokens of a prompt have been seen as a prefix before."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

STEP, LEAST = 128, 1024
"""Tokens: cached in such steps, from so many on."""

_TOKEN = re.compile(r"\w{1,6}|[^\w\s]|\s{2,}")


def text_of(content: Any) -> str:
    """A message's content, be it text or parts."""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content)


def tokens_of(messages: list[dict[str, Any]]) -> list[str]:
    """About as many tokens as a real tokenizer makes of English."""
    return _TOKEN.findall("\n".join(f"{one['role']} {text_of(one['content'])}" for one in messages))


class PrefixCache:
    """Automatic caching, and for newer models caching at explicit breakpoints.

    The key is the model, the response format and the rendered prefix.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def read(self, body: dict[str, Any], prompt: list[str]) -> tuple[int, int]:
        """Tokens read from and written to the cache by one request."""
        if str(body["model"]).startswith(("gpt-6", "gpt-5.6")):
            return self._at_breakpoints(body)
        ends = range(STEP * (LEAST // STEP), len(prompt) + 1, STEP)
        keys = [(end, self._key(body, prompt[:end])) for end in ends]
        cached = max((end for end, key in keys if key in self._seen), default=0)
        self._seen.update(key for _, key in keys)
        return cached, 0

    def _at_breakpoints(self, body: dict[str, Any]) -> tuple[int, int]:
        before: list[dict[str, Any]] = []
        for message in body["messages"]:
            if isinstance(message["content"], list):
                stable = message["content"][0]
                assert stable["prompt_cache_breakpoint"] == {"mode": "explicit"}
                prefix = tokens_of([*before, {"role": message["role"], "content": [stable]}])
                if len(prefix) < LEAST:
                    return 0, 0
                key = self._key(body, prefix)
                hit = key in self._seen
                self._seen.add(key)
                return (len(prefix), 0) if hit else (0, len(prefix))
            before.append(message)
        return 0, 0

    def _key(self, body: dict[str, Any], prefix: list[str]) -> str:
        fixed = json.dumps(
            [body["model"], body.get("response_format"), body.get("reasoning_effort")]
        )
        return hashlib.sha256("\x00".join([fixed, *prefix]).encode()).hexdigest()
