"""What this server and model accept, learnt from what they refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from understudy.settings import TeacherSettings
from understudy.teacher.calling.calls import Call, Turn

Mode = Literal["json_schema", "json_object", "text"]
_STEPS: tuple[Mode, ...] = ("json_schema", "json_object", "text")


class Negotiation:
    """Builds requests that hold only what was not refused before.

    Args:
        explicit_cache: The model's family caches nothing without a breakpoint.
    """

    def __init__(self, settings: TeacherSettings, *, explicit_cache: bool) -> None:
        self._settings = settings
        self._steps = _STEPS if settings.structured == "auto" else (settings.structured,)
        self._step = 0
        self._proven = False
        self._refused: set[str] = set()
        self._explicit_cache = explicit_cache

    @property
    def mode(self) -> Mode:
        """How replies are held to the schema now."""
        return self._steps[self._step]

    def accepted(self) -> None:
        """Learn that the server completed a call in this mode."""
        self._proven = True

    def step_down(self, tried: Mode, *, certain: bool) -> bool:
        """Take a weaker way to hold replies to the schema.

        Args:
            tried: The mode of the refused request; calls in flight learn the same at once.
            certain: The server named the response format. Otherwise a mode that has worked stays.

        Returns:
            Whether the request should be made again.
        """
        if tried != self.mode:
            return True
        if (self._proven and not certain) or self._step + 1 == len(self._steps):
            return False
        self._step += 1
        return True

    def drop(self, parameter: str, *, sent: Mapping[str, Any]) -> bool:
        """Stop sending a refused parameter.

        Args:
            sent: The refused request. One without the parameter was refused for something else.

        Returns:
            Whether the next request will differ from it.
        """
        if parameter == "prompt_cache_breakpoint":
            was_sent = any(isinstance(one["content"], list) for one in sent["messages"])
        else:
            was_sent = parameter in sent
        if was_sent:
            self._refused.add(parameter)
        return was_sent

    def request(self, call: Call) -> dict[str, Any]:
        """Keyword arguments of `chat.completions.create`."""
        optional: dict[str, Any] = {
            "temperature": self._settings.temperature,
            "reasoning_effort": self._settings.reasoning_effort,
            "prompt_cache_key": call.cache_key or None,
            "prompt_cache_options": {"mode": "explicit"} if self._explicit_cache else None,
            self._cap_name(): call.max_tokens,
        }
        kept = {
            name: value
            for name, value in optional.items()
            if value is not None and name not in self._refused
        }
        return {
            "model": self._settings.model,
            "messages": self._messages(call),
            **kept,
            **self._format(call),
        }

    def _cap_name(self) -> str:
        """Reasoning models refuse `max_tokens`, old servers know nothing else."""
        old = "max_completion_tokens" in self._refused and "max_tokens" not in self._refused
        return "max_tokens" if old else "max_completion_tokens"

    def _format(self, call: Call) -> dict[str, Any]:
        if self.mode == "json_schema":
            schema = {"name": call.schema_name, "strict": True, "schema": dict(call.reply_schema)}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        return {"response_format": {"type": "json_object"}} if self.mode == "json_object" else {}

    def _messages(self, call: Call) -> list[dict[str, Any]]:
        messages = [{"role": turn.role, "content": self._content(turn)} for turn in call.turns]
        if self.mode != "json_schema":
            schema = json.dumps(dict(call.reply_schema), ensure_ascii=False)
            told = f"Reply with one JSON object and nothing else. It matches this schema:\n{schema}"
            messages[0]["content"] = f"{messages[0]['content']}\n\n{told}"
        return messages

    def _content(self, turn: Turn) -> str | list[dict[str, Any]]:
        # In a batch a transcript comes once a round: a write to the cache would not pay.
        marked = (
            self._explicit_cache
            and self._settings.mode == "live"
            and "prompt_cache_breakpoint" not in self._refused
        )
        if not (marked and turn.stable and turn.text):
            return turn.content
        stable = {
            "type": "text",
            "text": turn.stable + "\n\n",
            "prompt_cache_breakpoint": {"mode": "explicit"},
        }
        return [stable, {"type": "text", "text": turn.text}]
