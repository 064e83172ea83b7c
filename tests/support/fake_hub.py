"""A Hugging Face Hub on loopback that takes one dataset repository after the other."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeHub:
    """What it was sent, and what it already holds."""

    address: str = ""
    private: dict[str, bool] = field(default_factory=dict)
    """Repositories by name; whether they are private."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Content of the last commit."""
    tokens: set[str] = field(default_factory=set)
    refuses: int | None = None
    """Status that every commit is answered with."""


@contextmanager
def serving_hub() -> Iterator[FakeHub]:
    """Serve until the block ends."""
    hub = FakeHub()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.hub = hub
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    hub: FakeHub


class _Handler(BaseHTTPRequestHandler):
    @property
    def hub(self) -> FakeHub:
        assert isinstance(self.server, _Server)
        return self.server.hub

    def do_GET(self) -> None:
        name = "/".join(self.path.split("?")[0].split("/")[3:5])
        if name not in self.hub.private:
            self.answer(404, {"error": "Repository not found"})
            return
        self.answer(200, {"id": name, "private": self.hub.private[name], "siblings": []})

    def do_POST(self) -> None:
        self.hub.tokens.add(self.headers.get("Authorization", ""))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.split("?")[0]
        if path.endswith("/repos/create"):
            self.create(json.loads(body))
        elif "/preupload/" in path:
            names = [one["path"] for one in json.loads(body)["files"]]
            self.answer(
                200,
                {
                    "files": [
                        {"path": n, "uploadMode": "regular", "shouldIgnore": False} for n in names
                    ]
                },
            )
        elif "/commit/" in path:
            self.commit([json.loads(line) for line in body.splitlines()])
        else:
            self.answer(200, {"errors": [], "warnings": []})

    def create(self, wish: dict[str, Any]) -> None:
        name = f"{wish['organization']}/{wish['name']}"
        known = name in self.hub.private
        self.hub.private.setdefault(name, wish.get("visibility") == "private")
        url = f"{self.hub.address}/datasets/{name}"
        self.answer(409 if known else 200, {"url": url, "name": name})

    def commit(self, lines: list[dict[str, Any]]) -> None:
        if self.hub.refuses:
            self.answer(self.hub.refuses, {"error": "no"})
            return
        self.hub.files = {
            line["value"]["path"]: base64.b64decode(line["value"]["content"])
            for line in lines
            if line["key"] == "file"
        }
        page = self.hub.address + self.path.split("?")[0].partition("/commit/")[0].removeprefix(
            "/api"
        )
        self.answer(200, {"commitUrl": f"{page}/commit/{'0' * 40}", "commitOid": "0" * 40})

    def answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
