"""Each cause has its sentence, and says whether to try again."""

from __future__ import annotations

import socket
import ssl

import httpx2
import openai
import pytest

from understudy.teacher.calling.causes import diagnose
from understudy.teacher.calling.failures import Endpoint

HERE = Endpoint("https://api.example/v1", "m-1", "MY_KEY")
REQUEST = httpx2.Request("POST", "https://api.example/v1/chat/completions")


def status(code, error, headers=None):
    response = httpx2.Response(code, request=REQUEST, json={"error": error}, headers=headers)
    body = {"error": error} if isinstance(error, str) else error
    return openai.APIStatusError("message", response=response, body=body)


def chained(outer, inner):
    try:
        raise outer from inner
    except type(outer) as error:
        return error


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (status(401, {"message": "bad sk-1"}), "setup", "refused the key in MY_KEY"),
        (status(403, {"message": "region"}), "setup", "refused the key in MY_KEY"),
        (status(404, {"message": "x"}), "setup", "knows no model 'm-1'"),
        (status(429, {"code": "insufficient_quota"}), "setup", "no credit left"),
        (status(429, {"message": "slow down"}), "busy", "rate limit"),
        (
            status(429, {"message": "exceeded call rate limit; see https://x.y/oai/quotaincrease"}),
            "busy",
            "rate limit",
        ),
        (
            status(429, {"message": "You exceeded your current quota, see billing. Retry in 30s"}),
            "busy",
            "rate limit",
        ),
        (
            status(429, {"message": "You exceeded your current quota, see billing"}),
            "setup",
            "credit",
        ),
        (status(500, {"message": "x"}), "busy", "answers 500"),
        (status(400, {"code": "context_length_exceeded"}), "context", "longer than m-1 takes"),
        (status(400, {"code": "content_filter"}), "content_filter", "filter refused"),
        (status(400, {"message": "Unsupported value: 'temperature'"}), "parameter", "temperature"),
        (status(400, {"param": "response_format"}), "structure", "response format"),
        (status(400, "model 'm-1' not found, try pulling it"), "setup", "knows no model"),
        (status(400, {"message": "hm"}), "request", "refused the request"),
        (
            status(400, {"code": "bad_value", "param": "logit_bias", "message": "sk-1"}),
            "request",
            "(400, bad_value, logit_bias)",
        ),
        (status(400, {"code": "sk-1", "param": "9f8e7d"}), "request", "here (400): see"),
        (openai.APITimeoutError(REQUEST), "busy", "did not answer within"),
        (
            chained(openai.APIConnectionError(request=REQUEST), ssl.SSLCertVerificationError("x")),
            "setup",
            "certificate",
        ),
        (
            chained(openai.APIConnectionError(request=REQUEST), socket.gaierror(-2, "unknown")),
            "setup",
            "cannot be resolved",
        ),
        (
            chained(openai.APITimeoutError(REQUEST), ConnectionRefusedError(111, "refused")),
            "busy",
            "cannot be reached",
        ),
    ],
)
def test_a_cause_is_named_in_a_sentence(error, kind, sentence):
    found = diagnose(error, HERE, now=0)

    assert found.kind == kind
    assert sentence in found.sentence
    assert "sk-1" not in found.sentence


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 60),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": "99999"}, 600),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers, seconds):
    assert diagnose(status(429, {}, headers), HERE, now=0).retry_after == seconds
