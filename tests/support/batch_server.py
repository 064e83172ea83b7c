"""The Batch API of the test server: files, jobs, and what goes wrong with them.

A job takes so many looks. What it makes comes in an order of its own, as the
provider's does.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import BodyPartReader, web

JOB_FAULTS = ("expired", "failed", "error_lines", "silent", "slow", "noise")
"""Half of the lines are not run; none is; some fail; some vanish; it takes longer; its files hold
lines that nobody asked for."""


@dataclass
class BatchRules:
    """How jobs fare."""

    looks: int = 1
    """After so many a job has ended."""
    faults: tuple[str, ...] = ()
    """Of the first job, the second and so on; beyond them and for an empty one all is well."""
    code: str = "token_limit_exceeded"
    """Why a job fails."""
    lost_replies: int = 0
    """So many jobs are started whose reply never arrives."""
    hold_s: float = 0.0
    """How long the start of a job takes."""
    absent: bool = False
    """There is no Batch API."""
    look_status: int | None = None
    """Answer every look at a job with this status."""


class Answerer(Protocol):
    """The part of the server that runs a single call."""

    def in_batch(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and body of the reply."""
        ...


@dataclass
class Batches:
    """All files and jobs, open to tests."""

    server: Answerer
    rules: BatchRules
    files: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Newest last."""
    looked: Counter[str] = field(default_factory=Counter)

    def add_routes(self, app: web.Application) -> None:
        if self.rules.absent:
            return
        app.router.add_post("/v1/files", self.upload)
        app.router.add_get("/v1/files/{id}/content", self.content)
        app.router.add_post("/v1/batches", self.create)
        app.router.add_get("/v1/batches", self.list)
        app.router.add_get("/v1/batches/{id}", self.look)
        app.router.add_post("/v1/batches/{id}/cancel", self.cancelled)

    async def upload(self, request: web.Request) -> web.Response:
        content = b""
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            if part.name == "file":
                content = bytes(await part.read())
        return web.json_response(self._keep(content, "batch"))

    async def content(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["id"]])

    async def create(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        number = len(self.jobs)
        fault = self.rules.faults[number] if number < len(self.rules.faults) else ""
        lines = self.files[asked["input_file_id"]].splitlines()
        job = {
            "id": f"batch_{number + 1}",
            "object": "batch",
            "endpoint": asked["endpoint"],
            "completion_window": asked["completion_window"],
            "input_file_id": asked["input_file_id"],
            "metadata": asked.get("metadata"),
            "created_at": int(time.time()),
            "status": "validating",
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            "_fault": fault,
        }
        self.jobs[job["id"]] = job
        await asyncio.sleep(self.rules.hold_s)
        if number < self.rules.lost_replies:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(_shown(job))

    async def list(self, request: web.Request) -> web.Response:
        newest = list(reversed(self.jobs.values()))
        after = request.query.get("after")
        start = next((n + 1 for n, job in enumerate(newest) if job["id"] == after), 0)
        page = newest[start : start + 2]
        more = start + 2 < len(newest)
        data = [_shown(job) for job in page]
        return web.json_response({"object": "list", "data": data, "has_more": more})

    async def look(self, request: web.Request) -> web.Response:
        if self.rules.look_status is not None:
            return web.json_response({"error": {"message": "x"}}, status=self.rules.look_status)
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"error": {"message": "No such batch"}}, status=404)
        self.looked[job["id"]] += 1
        needed = self.rules.looks + (3 if job["_fault"] == "slow" else 0)
        if job["status"] in {"validating", "in_progress"}:
            job["status"] = "in_progress"
            if self.looked[job["id"]] >= needed:
                self._run(job)
        return web.json_response(_shown(job))

    async def cancelled(self, request: web.Request) -> web.Response:
        job_id = request.match_info["id"]
        told = _shown(self.jobs[job_id]) | {"status": "cancelling"}
        self.cancel(job_id)
        return web.json_response(told)

    def cancel(self, job_id: str) -> None:
        """As a person does in the provider's console."""
        self.jobs[job_id]["_fault"] = "cancelled"
        self._run(self.jobs[job_id])

    def _run(self, job: dict[str, Any]) -> None:
        fault = job["_fault"]
        if fault == "failed":
            error = {"code": self.rules.code, "message": "sk-SECRET words", "line": None}
            job |= {"status": "failed", "errors": {"object": "list", "data": [error]}}
            return
        good: list[bytes] = []
        bad: list[bytes] = []
        lines = [json.loads(line) for line in self.files[job["input_file_id"]].splitlines()]
        for line in sorted(
            lines, key=lambda one: hashlib.sha256(one["custom_id"].encode()).digest()
        ):
            self._run_line(line, fault, len(good) + len(bad), good, bad)
        if fault == "noise":
            good = [b"{torn", *good, b'{"custom_id": "nobody", "response": null}', good[0]]
        job["status"] = {"expired": "expired", "cancelled": "cancelled"}.get(fault, "completed")
        job["request_counts"] |= {"completed": len(good), "failed": len(bad)}
        for name, made in (("output_file_id", good), ("error_file_id", bad)):
            job[name] = self._keep(b"\n".join(made), "batch_output")["id"] if made else None

    def _run_line(
        self, line: dict[str, Any], fault: str, place: int, good: list[bytes], bad: list[bytes]
    ) -> None:
        every_other = place % 2 == 1
        own = {"custom_id": line["custom_id"], "error": None, "response": None}
        if fault in {"expired", "cancelled"} and every_other:
            bad.append(_line(own | {"error": {"code": f"batch_{fault}", "message": "sk-SECRET"}}))
        elif fault == "silent" and every_other:
            bad.append(b"")
        else:
            broken = fault == "error_lines" and every_other
            body: Any = {"error": {"message": "The server had an error"}}
            status, body = (500, body) if broken else self.server.in_batch(line["body"])
            response = {"status_code": status, "request_id": "r", "body": body}
            (good if status == 200 else bad).append(_line(own | {"response": response}))

    def _keep(self, content: bytes, purpose: str) -> dict[str, Any]:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        return {
            "id": name,
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": f"{name}.jsonl",
            "purpose": purpose,
            "status": "processed",
        }


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if not name.startswith("_")}
