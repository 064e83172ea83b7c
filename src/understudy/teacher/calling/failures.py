"""What a request failed of, as all that deal with calls know it.

Apart from what finds it out, because that needs the openai client, which takes
most of a second to import.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FailureKind = Literal[
    "busy",  # not now: the same request may work
    "setup",  # nothing can work until somebody mends it
    "context",  # this prompt is too long for this model
    "content_filter",  # this prompt is refused
    "parameter",  # the model knows no such parameter
    "structure",  # the server knows no such response format
    "request",  # refused for a reason we do not know
    "mended",  # refused, and the next request will differ in what was refused
]


@dataclass(frozen=True)
class Failure:
    """What became of one request."""

    kind: FailureKind
    sentence: str
    """What failed and what to do."""
    retry_after: float | None = None
    """Seconds that the server asks us to wait."""
    throttled: bool = False
    unreachable: bool = False
    """Nobody answered at this address."""
    parameter: str = ""
    """The refused one, for kind `parameter`."""
    took_s: float = 0.0
    """How long the request took."""


@dataclass(frozen=True)
class Endpoint:
    """What messages name. It holds no key."""

    address: str
    model: str
    key_variable: str
