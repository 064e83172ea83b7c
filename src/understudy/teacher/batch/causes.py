"""Why a batch job, or one call in it, did not come through, in one sentence."""

from __future__ import annotations

import re

import httpx2
import openai
from openai.types import Batch

from understudy.teacher.batch.lines import Result
from understudy.teacher.calling.causes import diagnose, no_credit
from understudy.teacher.calling.failures import Endpoint, Failure
from understudy.teacher.calling.wire import refusal

FULL = "token_limit_exceeded"
"""The provider's queue holds no more tokens of this model: a smaller job may fit."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,60}")


def of_wire(error: Exception, endpoint: Endpoint, *, now: float, about: str = "") -> Failure:
    """Classify what a request to the Batch API itself raised.

    Args:
        about: The job that was looked for; empty where one was to be submitted.
    """
    if isinstance(error, openai.APIStatusError) and error.status_code in {404, 405}:
        return Failure("setup", _unknown(endpoint, about))
    return diagnose(error, endpoint, now=now)


def of_result(result: Result, job: str, endpoint: Endpoint, *, now: float) -> Failure:
    """Classify a request that the job could not complete."""
    if result.status:
        return diagnose(_as_raised(result), endpoint, now=now)
    if result.code == "batch_cancelled":
        return _cancelled(job)
    if result.code == "batch_expired":
        return _expired(job)
    return Failure("busy", f"{job} could not run the call ({_plain(result.code)})")


def of_job(batch: Batch, endpoint: Endpoint) -> Failure:
    """Say why a job that has ended holds no result for a call that was in it."""
    match batch.status:
        case "expired":
            return _expired(batch.id)
        case "cancelled":
            return _cancelled(batch.id)
        case "failed":
            return _failed(batch, endpoint)
        case _:
            return Failure("busy", f"{batch.id} ended without a result for the call")


def is_full(batch: Batch) -> bool:
    """Whether a job was refused because too much waits in the provider's queue."""
    return any(code == FULL for code in _codes(batch))


def _failed(batch: Batch, endpoint: Endpoint) -> Failure:
    """A job whose file the provider refused. Its words are not repeated: only plain codes are."""
    codes = _codes(batch)
    told = " ".join(codes)
    if is_full(batch):
        return Failure(
            "busy",
            f"the queue of {endpoint.address} holds no more tokens for {endpoint.model}: lower "
            "teacher.batch.max_requests",
        )
    if "quota" in told or "billing" in told:
        return no_credit(endpoint)
    if "model" in told:
        return Failure(
            "setup",
            f"{endpoint.address} runs no batch jobs with {endpoint.model!r}: check teacher.model, "
            "or set teacher.mode to live",
        )
    said = ", ".join(dict.fromkeys(map(_plain, codes))) or "no reason given"
    return Failure(
        "setup",
        f"{endpoint.address} refused the file of {batch.id} ({said}): set teacher.mode to live, or "
        "look at the job in the provider's console",
    )


def _expired(job: str) -> Failure:
    return Failure("busy", f"{job} was not through within the provider's 24 hours")


def _cancelled(job: str) -> Failure:
    return Failure(
        "setup",
        f"{job} was cancelled at the provider: what it had completed is in the ledger; run again "
        "to submit the rest",
    )


def _unknown(endpoint: Endpoint, about: str) -> str:
    if not about:
        return f"{endpoint.address} has no Batch API (404): set teacher.mode to live"
    return (
        f"{endpoint.address} does not know the job {about} (404): it was submitted with another "
        f"key than the one in {endpoint.key_variable}; use that key, or remove the job's file "
        "under data/batches/ to submit and pay for its calls again"
    )


def _as_raised(result: Result) -> openai.APIStatusError:
    """The error that the client would have raised had the call been made by itself."""
    request = httpx2.Request("POST", "https://batch.invalid/")
    return refusal(httpx2.Response(result.status, request=request), result.body)


def _codes(batch: Batch) -> list[str]:
    errors = batch.errors.data if batch.errors and batch.errors.data else []
    return [str(error.code or "unknown") for error in errors]


def _plain(code: str) -> str:
    return code if _CODE.fullmatch(code) else "an unknown code"
