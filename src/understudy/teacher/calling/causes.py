"""Why a request failed, in one sentence, and whether the same again may work.

Messages are written here and not copied from the server: a 401 of some servers
repeats the key.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import httpx2
import openai

from understudy.teacher.calling.failures import Endpoint, Failure

OPTIONAL_PARAMETERS = (
    "prompt_cache_breakpoint",
    "prompt_cache_options",
    "prompt_cache_key",
    "reasoning_effort",
    "temperature",
    "max_completion_tokens",
)
WIRE_ERRORS = (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError, OSError)
"""What a request may raise: a reset in the middle of a body comes as any of them."""
_TOO_LATE = (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError)
_UNREACHED = (
    *(openai.APIConnectionError, httpx2.ConnectError, httpx2.ProxyError),
    *(httpx2.ConnectTimeout, OSError),
)
MAX_RETRY_AFTER_S = 600.0
_OVERFLOWS = (
    *("context_length", "context length", "context window"),
    *("context size", "context_size", "prompt is too long"),
)
_SLOWER = " (rate limit): lower teacher.max_concurrent or set teacher.requests_per_minute"
_NAME = re.compile(r"[a-z]+(?:_[a-z]+)*")
"""A code or parameter that may be repeated: no key is of letters alone."""
_NO_MODEL = ("not exist", "not found", "unknown", "no models loaded")


def diagnose(error: Exception, endpoint: Endpoint, *, now: float) -> Failure:
    """Classify what the openai client, or the connections under it, raised.

    Args:
        now: Seconds since the epoch, for a Retry-After that is a date.
    """
    if isinstance(error, openai.APIStatusError):
        return _status(error, endpoint, now)
    if isinstance(error, _TOO_LATE) and not _never_connected(error):
        return Failure("busy", f"{endpoint.address} did not answer within teacher.timeout_s")
    if isinstance(error, _UNREACHED):
        return _connection(error, endpoint)
    return Failure("busy", f"{endpoint.address} broke off its reply ({type(error).__name__})")


def diagnose_reply(body: Any, endpoint: Endpoint) -> Failure:
    """Classify a reply of status 200 that is no chat completion: some servers put errors there."""
    error: Any = body.get("error") if isinstance(body, dict) else None
    found = _refused(str(error).casefold(), 200, endpoint)
    if error is not None and found.kind in {"context", "content_filter"}:
        return found
    return Failure("busy", f"{endpoint.address} sent no chat completion")


def _status(error: openai.APIStatusError, endpoint: Endpoint, now: float) -> Failure:
    code, param, message = _details(error)
    told = f"{code} {param} {message}".casefold()
    match error.status_code:
        case 401 | 403:
            return Failure(
                "setup",
                f"{endpoint.address} refused the key in {endpoint.key_variable} "
                f"({error.status_code}): check that it is whole, active and may use "
                f"{endpoint.model}",
            )
        case 402:
            return no_credit(endpoint)
        case 404:
            return Failure(
                "setup",
                f"{endpoint.address} knows no model {endpoint.model!r} (404): check teacher.model "
                "and teacher.base_url, which usually ends in /v1",
            )
        case 429 if _out_of_credit(told):
            return no_credit(endpoint)
        case 400 | 413 | 422 | 501:
            names = [name for name in (code, param) if _NAME.fullmatch(name)]
            return _refused(told, error.status_code, endpoint, names)
        case status:
            return Failure(
                "busy",
                f"{endpoint.address} answers {status}" + (_SLOWER if status == 429 else ""),
                retry_after=_retry_after(error.response.headers, now),
                throttled=status == 429,
            )


def _out_of_credit(told: str) -> bool:
    """Whether a 429 is about money. Azure and Gemini speak of quota in their rate limits too."""
    if "insufficient_quota" in told:
        return True
    passing = any(sign in told for sign in ("rate limit", "retry", "per minute"))
    return not passing and ("billing" in told or "current quota" in told)


def no_credit(endpoint: Endpoint) -> Failure:
    """The account is empty, however a provider says so."""
    return Failure(
        "setup",
        f"the account behind {endpoint.key_variable} has no credit left at {endpoint.address}: "
        "top it up and run again, and the work goes on from here",
    )


def _refused(told: str, status: int, endpoint: Endpoint, names: Sequence[str] = ()) -> Failure:
    """Classify a 4xx.

    Args:
        told: Everything the server said, in lower case.
        names: Of that, what is safe to repeat.
    """
    if any(sign in told for sign in _OVERFLOWS):
        return Failure(
            "context",
            f"the prompt is longer than {endpoint.model} takes: lower teacher.context_tokens to "
            "the model's own limit, and longer talks are asked about in windows",
        )
    if any(sign in told for sign in ("content_filter", "content_policy", "content management")):
        return Failure(
            "content_filter",
            "the provider's content filter refused the prompt: nothing to mend, those talks are "
            "left out; another teacher.model or provider may take them",
        )
    if any(sign in told for sign in ("response_format", "json_schema", "json_object", "grammar")):
        return Failure("structure", f"{endpoint.address} does not take this response format")
    parameter = next((name for name in OPTIONAL_PARAMETERS if name in told), "")
    if not parameter and "max_tokens" in told:
        parameter = "max_tokens"
    if parameter:
        return Failure("parameter", f"{endpoint.model} refuses {parameter}", parameter=parameter)
    if "model" in told and any(sign in told for sign in _NO_MODEL):
        return Failure(
            "setup", f"{endpoint.address} knows no model {endpoint.model!r}: check teacher.model"
        )
    return Failure(
        "request",
        f"{endpoint.address} refused the request for a reason that is not known here "
        f"({', '.join([str(status), *names])}): see the server's own log, or try another "
        "teacher.model",
    )


def _connection(error: Exception, endpoint: Endpoint) -> Failure:
    chain = list(_causes(error))
    told = " ".join(str(one) for one in chain).casefold()
    if any(isinstance(one, ssl.SSLError) for one in chain) or "certificate" in told:
        return Failure(
            "setup",
            f"the certificate of {endpoint.address} cannot be trusted: check teacher.base_url, the "
            "clock, and any proxy that opens encrypted connections",
        )
    if any(isinstance(one, socket.gaierror) for one in chain) or "name or service" in told:
        return Failure(
            "setup",
            f"the name in {endpoint.address} cannot be resolved: check teacher.base_url and the "
            "network",
        )
    return Failure(
        "busy",
        f"{endpoint.address} cannot be reached: is the server running, is the network up?",
        unreachable=True,
    )


def _never_connected(error: Exception) -> bool:
    """Whether a timeout is in truth a refused connection: the aiohttp backend reports it so."""
    return any(
        isinstance(one, OSError) and not isinstance(one, TimeoutError) for one in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _details(error: openai.APIStatusError) -> tuple[str, str, str]:
    """Code, parameter and message of an error body, in whatever form a server wraps them."""
    body: Any = error.body
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    if isinstance(body, dict):
        parts = (body.get("code") or body.get("type"), body.get("param"))
        message = body.get("message") or body.get("error") or body.get("detail") or ""
        return str(parts[0] or ""), str(parts[1] or ""), str(message)[:2000]
    return "", "", str(body or error.message)[:2000]


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait: `retry-after-ms`, else `retry-after` in seconds or as a date."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return _bounded(float(milliseconds) / 1000)
        text = headers.get("retry-after")
        if not text:
            return None
        if text.replace(".", "", 1).isdigit():
            return _bounded(float(text))
        return _bounded(parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError):
        return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
