"""The files of a batch job: one request a line to the provider, one result a line back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENDPOINT = "/v1/chat/completions"


@dataclass(frozen=True)
class Result:
    """What became of one request of a job."""

    custom_id: str
    """As it was sent: the call's digest."""
    status: int
    """Of the reply; 0 where the request never ran."""
    body: Any
    """The reply, or a server's error."""
    code: str = ""
    """Why it never ran, such as `batch_expired`."""


def request_line(custom_id: str, request: Mapping[str, Any]) -> bytes:
    """Put one chat request into a line of an input file, newline included."""
    line = {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": dict(request)}
    return json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"


def parted(sizes: Sequence[int], *, max_requests: int, max_bytes: int) -> list[range]:
    """Cut lines into files, in order.

    Args:
        sizes: Bytes of each line.

    Returns:
        Places of the lines of each file. A line over `max_bytes` gets a file of its own: the
        provider says what it thinks of it.
    """
    parts: list[range] = []
    start = filled = 0
    for place, size in enumerate(sizes):
        if place > start and (place - start >= max_requests or filled + size > max_bytes):
            parts.append(range(start, place))
            start, filled = place, 0
        filled += size
    return [*parts, range(start, len(sizes))] if sizes else []


def read_result(line: str | bytes) -> Result | None:
    """Read one line of an output or error file; None for anything that is none."""
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("custom_id"), str):
        return None
    response, error = found.get("response"), found.get("error")
    if isinstance(response, dict):
        status: Any = response.get("status_code")
        return Result(
            found["custom_id"], status if isinstance(status, int) else 0, response.get("body")
        )
    code: Any = error.get("code") if isinstance(error, dict) else None
    return Result(found["custom_id"], 0, None, str(code or "unknown"))
