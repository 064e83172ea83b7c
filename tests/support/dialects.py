"""How servers that all call themselves OpenAI-compatible differ on the wire.

Error bodies and replies have the form of OpenAI's API, Ollama, LM Studio 0.4,
vLLM 0.16, mlx_lm.server 0.32 and of a strict small server, as their sources
and bug trackers show them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]
_KNOWN = frozenset(
    ["model", "messages", "temperature", "max_tokens", "max_completion_tokens", "response_format"]
)


@dataclass(frozen=True)
class Dialect:
    """One kind of server."""

    name: str
    formats: tuple[str, ...]
    """Response formats that it takes without a word."""
    format_error: str
    """What it says to the others."""
    error: Callable[[int, str, str | None], Body]
    """The body of an error: status, message, parameter."""
    refused: Mapping[str, str]
    """Parameter to what it says when it is sent one."""
    refusal_status: int
    strict: bool
    """It refuses every parameter that it does not know, with this text."""
    unknown_model: str
    overflow: str
    overflow_status: int
    reply: Callable[[Body], Body]
    """A completion of OpenAI's form as this server would put it."""

    def refusal(self, body: Body) -> tuple[int, Body] | None:
        """What it answers to a request that it does not take; None for one that it takes."""
        for parameter, message in self.refused.items():
            if parameter in body:
                return self.refusal_status, self.error(self.refusal_status, message, parameter)
        unknown = sorted(body.keys() - _KNOWN)
        if self.strict and unknown:
            message = f"extra fields not permitted: {unknown[0]}"
            return self.refusal_status, self.error(self.refusal_status, message, unknown[0])
        wanted = body.get("response_format", {}).get("type")
        if wanted and wanted not in self.formats:
            return self.refusal_status, self.error(self.refusal_status, self.format_error, None)
        return None


def _openai_error(status: int, message: str, parameter: str | None) -> Body:
    code = {401: "invalid_api_key", 404: "model_not_found"}.get(status)
    kind = "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": parameter, "code": code}}


def _ollama_error(_status: int, message: str, _parameter: str | None) -> Body:
    return {"error": {"message": message, "type": "api_error", "param": None, "code": None}}


def _plain_error(_status: int, message: str, _parameter: str | None) -> Body:
    return {"error": message}


def _vllm_error(status: int, message: str, parameter: str | None) -> Body:
    kind = "BadRequestError" if status == 400 else "NotFoundError"
    return {
        "object": "error",
        "message": message,
        "type": kind,
        "param": parameter,
        "code": status,
    }


def _detail_error(_status: int, message: str, parameter: str | None) -> Body:
    problem = {"loc": ["body", parameter], "msg": message, "type": "value_error.extra"}
    return {"detail": [problem] if parameter else message}


def _bare_usage(reply: Body) -> Body:
    usage = reply.get("usage") or {}
    kept = ("prompt_tokens", "completion_tokens", "total_tokens")
    return {**reply, "usage": {name: usage[name] for name in kept if name in usage}}


def _message(reply: Body, **changes: Any) -> Body:
    choice = reply["choices"][0]
    message = {"role": "assistant", "content": choice["message"]["content"], **changes}
    return {**reply, "choices": [{**choice, "message": message, "logprobs": None}]}


def _ollama_reply(reply: Body) -> Body:
    """It takes a schema and does not always hold to it; thinking models think aloud."""
    text = reply["choices"][0]["message"]["content"]
    return _message(_bare_usage(reply), content=f"<think>The {{id}} goes first.</think>\n{text}")


def _lm_studio_reply(reply: Body) -> Body:
    text = reply["choices"][0]["message"]["content"]
    return {**_message(_bare_usage(reply), content=f"{text}\n", tool_calls=[]), "stats": {}}


def _vllm_reply(reply: Body) -> Body:
    made = _message(_bare_usage(reply), reasoning_content=None, tool_calls=[], refusal=None)
    made["choices"][0]["stop_reason"] = None
    return made | {"usage": {**made["usage"], "prompt_tokens_details": None}, "kv_transfer": None}


def _mlx_reply(reply: Body) -> Body:
    text = reply["choices"][0]["message"]["content"]
    made = _message(_bare_usage(reply), content=f"Sure:\n```json\n{text}\n```" if text else None)
    return made | {"usage": {**made["usage"], "prompt_tokens_details": {"cached_tokens": 3}}}


def _strict_reply(reply: Body) -> Body:
    """Neither usage nor finish reason, and the content in parts."""
    text = reply["choices"][0]["message"]["content"]
    made = _message(reply, content=[{"type": "text", "text": text}])
    made["choices"][0]["finish_reason"] = None
    return {"choices": made["choices"]}


DIALECTS = (
    Dialect(
        name="openai",
        formats=("json_schema", "json_object"),
        format_error="",
        error=_openai_error,
        refused={
            "temperature": "Unsupported value: 'temperature' does not support 0.3 with this model.",
            "prompt_cache_key": "Unrecognized request argument supplied: prompt_cache_key",
        },
        refusal_status=400,
        strict=False,
        unknown_model="The model `m` does not exist or you do not have access to it.",
        overflow="This model's maximum context length is 8192 tokens.",
        overflow_status=400,
        reply=lambda reply: reply,
    ),
    Dialect(
        name="ollama",
        formats=("json_schema", "json_object"),
        format_error="",
        error=_ollama_error,
        refused={},
        refusal_status=400,
        strict=False,
        unknown_model='model "m" not found, try pulling it first',
        overflow="the request exceeds the available context size, try increasing it",
        overflow_status=400,
        reply=_ollama_reply,
    ),
    Dialect(
        name="lm-studio",
        formats=("json_schema",),
        format_error="'response_format.type' must be 'json_schema' or 'text'",
        error=_plain_error,
        refused={},
        refusal_status=400,
        strict=False,
        unknown_model="No models loaded. Please load a model in the developer page.",
        overflow="The number of tokens to keep from the initial prompt is greater than the context "
        "length (n_keep: 13055>= n_ctx: 4096).",
        overflow_status=200,
        reply=_lm_studio_reply,
    ),
    Dialect(
        name="vllm",
        formats=("json_schema", "json_object"),
        format_error="",
        error=_vllm_error,
        refused={"reasoning_effort": "[{'type': 'literal_error', 'loc': ('reasoning_effort',)}]"},
        refusal_status=400,
        strict=False,
        unknown_model="The model `m` does not exist.",
        overflow="You passed 1015 input tokens and requested 10 output tokens. However, the "
        "model's context length is only 1024 tokens.",
        overflow_status=400,
        reply=_vllm_reply,
    ),
    Dialect(
        name="mlx_lm.server",
        formats=("json_schema", "json_object"),
        format_error="",
        error=_plain_error,
        refused={},
        refusal_status=400,
        strict=False,
        unknown_model="404 Client Error. Repository Not Found for url: https://hub.invalid/m",
        overflow="Prompt exceeds the context window of the model",
        overflow_status=400,
        reply=_mlx_reply,
    ),
    Dialect(
        name="strict",
        formats=(),
        format_error="response_format is not supported",
        error=_detail_error,
        refused={"max_completion_tokens": "extra fields not permitted: max_completion_tokens"},
        refusal_status=422,
        strict=True,
        unknown_model="unknown model m",
        overflow="prompt is over the context length",
        overflow_status=413,
        reply=_strict_reply,
    ),
)


def spoken(dialect: Dialect, reply: str) -> str:
    """A completion's JSON text in another server's words."""
    return json.dumps(dialect.reply(json.loads(reply)))
