"""A chat endpoint on loopback that speaks OpenAI's wire format and misbehaves on request.

Its replies are real in form: questions and answers built from the transcript in
the prompt, with quotes copied from it. Faults are drawn from a hash of seed,
request and attempt, so a campaign can be repeated. It keeps a log of completed
calls of its own: what a client claims can be checked against it.

    python -m tests.support.openai_server --port 8765 --faults 0.2 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.support.allowance import Allowance
from tests.support.batch_server import Batches, BatchRules
from tests.support.dialects import Dialect, spoken
from tests.support.prefix_cache import PrefixCache, tokens_of
from tests.support.rewriting import Comparing, Rewriting
from tests.support.talk import Talk, talk_of

WIRE_FAULTS = ("429", "429_after", "500", "503", "slow", "reset")
"""Nothing is completed and nothing billed."""
REPLY_FAULTS = (
    *("truncated_json", "length", "empty", "fenced", "refusal", "echo"),
    *("wrong_ids", "swapped_ids", "duplicate_ids", "missing_items", "extra_items"),
)
"""Completed and billed, and not what was asked for."""
FAULTS = (*WIRE_FAULTS, *REPLY_FAULTS)


@dataclass
class Behaviour:
    """How the server treats its clients."""

    faults: float = 0.0
    """Share of requests that go wrong."""
    kinds: tuple[str, ...] = FAULTS
    seed: int = 0
    latency_s: float = 0.0
    jitter: float = 0.2
    """Of the latency, either way."""
    slow_s: float = 2.0
    """How long a slow first byte takes."""
    key: str | None = None
    """The only key that is let in; None lets everybody in."""
    status: int | None = None
    """Answer every request with this status and `error`."""
    error: dict[str, Any] = field(default_factory=dict)
    error_body: dict[str, Any] | None = None
    """The whole body of that answer, where it is not OpenAI's."""
    refused_parameters: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("json_schema", "json_object")
    """Response formats the server takes; others are a 400."""
    usage: bool = True
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    log: Path | None = None
    """Completed calls are appended here, one JSON object a line."""
    batch: BatchRules = field(default_factory=BatchRules)
    dialect: Dialect | None = None
    """Speak as another server does; None for OpenAI's own form."""


@dataclass
class Server:
    """The application's state, open to tests."""

    behaviour: Behaviour
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Bodies as they came."""
    completed: list[dict[str, Any]] = field(default_factory=list)
    """One record per completed call: key, tokens, fault."""
    statuses: Counter[int] = field(default_factory=Counter)
    drawn: Counter[str] = field(default_factory=Counter)
    busy_s: float = 0.0
    """Seconds that all requests together were made to wait: what a client cannot make shorter."""
    in_flight: int = 0
    most_in_flight: int = 0
    address: str = ""
    cache: PrefixCache = field(default_factory=PrefixCache)
    batches: Batches = field(init=False)
    _attempts: Counter[str] = field(default_factory=Counter)
    _allowances: dict[str, Allowance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.batches = Batches(self, self.behaviour.batch)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/v1/state", self.state)
        self.batches.add_routes(app)
        return app

    async def state(self, request: web.Request) -> web.Response:
        """What a test in another process wants to know."""
        return web.json_response(
            {
                "busy_s": self.busy_s,
                "completed": len(self.completed),
                "statuses": dict(self.statuses),
                "drawn": dict(self.drawn),
            }
        )

    async def models(self, request: web.Request) -> web.Response:
        data = [
            {"id": "gpt-6.1-terra", "object": "model", "created": 1, "owned_by": "test"},
            {
                "id": "gpt-5-mini",
                "object": "model",
                "created": 1,
                "owned_by": "test",
                "shutdown_date": "2026-12-11",
            },
        ]
        return web.json_response({"object": "list", "data": data})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            response = await self._answer(request, body)
        finally:
            self.in_flight -= 1
        self.statuses[response.status] += 1
        return response

    async def _answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        rules = self.behaviour
        if rules.status is not None:
            body = rules.error_body or {"error": rules.error}
            return web.json_response(body, status=rules.status)
        if rules.key is not None and request.headers.get("Authorization") != f"Bearer {rules.key}":
            return _error(401, f"Incorrect API key provided: {request.headers['Authorization']}")
        if refusal := self._refusal(body):
            return refusal
        key = hashlib.sha256(json.dumps(body["messages"]).encode()).hexdigest()[:16]
        self._attempts[key] += 1
        draw = _uniform(rules.seed, key, self._attempts[key])
        fault = ""
        if draw < rules.faults:
            fault = rules.kinds[int(draw / rules.faults * len(rules.kinds))]
            self.drawn[fault] += 1
        prompt = tokens_of(body["messages"])
        early_s, headers = self._admit(len(prompt))
        if early_s:
            told = {**headers, "Retry-After": f"{early_s:.3f}"}
            return _error(429, "Rate limit reached", headers=told)
        spread = _uniform(rules.seed, key, f"latency{self._attempts[key]}") * 2 - 1
        await self._wait(rules.latency_s * (1 + rules.jitter * spread))
        if fault in WIRE_FAULTS:
            return await self._wire_fault(request, fault)
        reply = self._complete(body, key, fault, prompt, headers)
        if rules.dialect:
            reply.text = spoken(rules.dialect, reply.text or "")
        return reply

    def in_batch(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Run one line of a batch job: the faults of replies, none of the wire."""
        self.requests.append(body)
        rules = self.behaviour
        if refusal := self._refusal(body):
            return refusal.status, json.loads(refusal.text or "")
        prompt = tokens_of(body["messages"])
        key = hashlib.sha256(json.dumps(body["messages"]).encode()).hexdigest()[:16]
        self._attempts[key] += 1
        draw = _uniform(rules.seed, key, self._attempts[key])
        kinds = [kind for kind in rules.kinds if kind in REPLY_FAULTS]
        fault = kinds[int(draw / rules.faults * len(kinds))] if draw < rules.faults else ""
        response = self._complete(body, key, fault, prompt, {})
        self.completed[-1]["batch"] = True
        return 200, json.loads(response.text or "")

    def _refusal(self, body: dict[str, Any]) -> web.Response | None:
        rules = self.behaviour
        if rules.dialect and (refused := rules.dialect.refusal(body)):
            return web.json_response(refused[1], status=refused[0])
        if not body.get("messages"):
            return _error(400, "messages must not be empty")
        for name in rules.refused_parameters:
            if name in body or name in json.dumps(body["messages"][-1]):
                return _error(
                    400,
                    f"Unsupported parameter: '{name}' is not supported with this model.",
                    param=name,
                    code="unsupported_parameter",
                )
        wanted = body.get("response_format", {}).get("type")
        if wanted and wanted not in rules.formats:
            return _error(400, f"response_format of type {wanted!r} is not supported")
        return None

    async def _wait(self, seconds: float) -> None:
        self.busy_s += seconds
        await asyncio.sleep(seconds)

    async def _wire_fault(self, request: web.Request, fault: str) -> web.StreamResponse:
        if fault == "429":
            return _error(429, "Rate limit reached for requests", code="rate_limit_exceeded")
        if fault == "429_after":
            return _error(429, "Rate limit reached", headers={"Retry-After": "0.2"})
        if fault == "slow":
            await self._wait(self.behaviour.slow_s)
            return _error(503, "The server is overloaded")
        if fault == "reset":
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            response.content_length = 10_000
            await response.prepare(request)
            await response.write(b'{"id": "chatcmpl-1", "choices": [{"mess')
            assert request.transport is not None
            request.transport.abort()
            return response
        return _error(int(fault), "The server had an error")

    def _complete(
        self,
        body: dict[str, Any],
        key: str,
        fault: str,
        prompt: list[str],
        headers: dict[str, str],
    ) -> web.Response:
        talk = talk_of(body["messages"])
        text, finish, refusal = _shaped(talk, fault, body)
        if fault == "length" and self._was_cut(body):
            text, finish, refusal = _shaped(talk, "", body)
        cached, written = self.cache.read(body, prompt)
        usage = {
            "prompt_tokens": len(prompt),
            "completion_tokens": len(text) // 4 + 1,
            "total_tokens": len(prompt) + len(text) // 4 + 1,
            "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }
        number = f"chatcmpl-{os.getpid()}-{len(self.completed) + 1}"  # one log, many servers
        record = {
            "id": number,
            "key": key,
            "fault": fault,
            "item": talk.labels,
            "at": time.time(),
            **usage,
        }
        self.completed.append(record)
        if "tokens" in self._allowances:
            self._allowances["tokens"].charge(usage["completion_tokens"])
        if self.behaviour.log:
            with self.behaviour.log.open("a") as stream:
                stream.write(json.dumps(record) + "\n")
        message = {"role": "assistant", "content": text, "refusal": refusal}
        reply = {
            "id": number,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        }
        if self.behaviour.usage:
            reply["usage"] = usage
        return web.json_response(reply, headers=headers)

    def _was_cut(self, body: dict[str, Any]) -> bool:
        """Whether the same prompt has been sent with a lower cap."""
        caps = {
            one.get("max_completion_tokens", 0)
            for one in self.requests
            if one["messages"] == body["messages"]
        }
        return len(caps) > 1

    def _limits(self) -> dict[str, Allowance]:
        rules = self.behaviour
        limits = {"requests": rules.requests_per_minute, "tokens": rules.tokens_per_minute}
        for name, limit in limits.items():
            if limit is not None and name not in self._allowances:
                self._allowances[name] = Allowance(limit)
        return self._allowances

    def _admit(self, tokens: int) -> tuple[float, dict[str, str]]:
        """Seconds that a request comes too early, and what the headers say of the limits.

        A request that is let in is charged with its prompt, and its reply with the rest.
        """
        limits, need = self._limits(), {"requests": 1, "tokens": tokens}
        early_s = max((limits[name].lacking_s(need[name]) for name in limits), default=0.0)
        headers: dict[str, str] = {}
        for name, one in limits.items():
            if not early_s:
                one.charge(need[name])
            headers[f"x-ratelimit-limit-{name}"] = str(int(one.per_minute))
            headers[f"x-ratelimit-remaining-{name}"] = str(max(int(one.left), 1))
            headers[f"x-ratelimit-reset-{name}"] = "1s"
        return early_s, headers


def _shaped(
    talk: Talk | Rewriting | Comparing, fault: str, body: dict[str, Any]
) -> tuple[str, str, str | None]:
    """Text, finish reason and refusal of a reply that may go wrong."""
    if fault == "refusal":
        return "", "stop", "I cannot help with that."
    if fault == "empty":
        return "", "stop", None
    text = json.dumps(talk.reply(fault), ensure_ascii=False)
    if fault == "length":
        return text[: len(text) // 3], "length", None
    if fault == "truncated_json":
        return text[: len(text) * 2 // 3], "stop", None
    if fault == "fenced":
        return f"Here you are:\n```json\n{text}\n```\nAnything else?", "stop", None
    return text, "stop", None


def _uniform(*parts: object) -> float:
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _error(
    status: int, message: str, *, headers: dict[str, str] | None = None, **extra: str
) -> web.Response:
    error = {"message": message, "type": "error", "param": None, "code": None, **extra}
    return web.json_response({"error": error}, status=status, headers=headers)


async def serve(behaviour: Behaviour, port: int = 0) -> tuple[Server, web.AppRunner]:
    """Start on 127.0.0.1; a free port where none is named. Clean the runner up at the end."""
    server = Server(behaviour)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    taken = runner.addresses[0][1]
    server.address = f"http://127.0.0.1:{taken}/v1"
    return server, runner


async def _forever(behaviour: Behaviour, port: int) -> None:
    server, _ = await serve(behaviour, port)
    print(server.address, flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--kinds", default=",".join(FAULTS), help="of faults, drawn alike")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--slow", type=float, default=2.0, help="seconds of a slow first byte")
    parser.add_argument("--key")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--rpm", type=int)
    parser.add_argument("--tpm", type=int)
    parser.add_argument("--batch-looks", type=int, default=1)
    parser.add_argument("--batch-faults", default="", help="of the first job, the second, …")
    parser.add_argument("--batch-hold", type=float, default=0.0)
    given = parser.parse_args()
    behaviour = Behaviour(
        faults=given.faults,
        kinds=tuple(given.kinds.split(",")),
        seed=given.seed,
        latency_s=given.latency,
        slow_s=given.slow,
        key=given.key,
        log=given.log,
        requests_per_minute=given.rpm,
        tokens_per_minute=given.tpm,
        batch=BatchRules(
            looks=given.batch_looks,
            faults=tuple(given.batch_faults.split(",")),
            hold_s=given.batch_hold,
        ),
    )
    asyncio.run(_forever(behaviour, given.port))


if __name__ == "__main__":
    main()
