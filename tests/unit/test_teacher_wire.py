"""What goes over the wire is what the openai client itself would send, and its errors come back."""

from __future__ import annotations

import json

import httpx2
import openai
import pytest

from understudy.teacher.calling.wire import ChatWire

pytestmark = pytest.mark.anyio

REQUEST = {"model": "any", "messages": [{"role": "user", "content": "Wörter"}], "max_tokens": 5}
REPLY = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "any",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ja"}}
    ],
}
OF_ONE_REQUEST = {"content-length", "x-stainless-retry-count", "x-stainless-read-timeout"}
"""The client counts and times each request for its maker."""


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def sent_by(ask, status=200, body=REPLY):
    seen = []

    def answer(request):
        seen.append(request)
        return httpx2.Response(status, json=body)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        client = openai.AsyncOpenAI(
            api_key="secret", base_url="http://here/v1/", max_retries=0, http_client=http
        )
        await ask(client, http)
    return seen[0]


async def by_client(client, _):
    await client.chat.completions.create(**REQUEST)


async def by_wire(client, http):
    await ChatWire(client, http).post(REQUEST)


async def test_address_headers_and_body_are_those_of_the_client():
    theirs, ours = await sent_by(by_client), await sent_by(by_wire)

    def named(request):
        return {k: v for k, v in request.headers.items() if k.lower() not in OF_ONE_REQUEST}

    assert ours.url == theirs.url
    assert named(ours) == named(theirs)
    assert json.loads(ours.content) == json.loads(theirs.content)


async def test_a_refusal_has_the_words_and_the_status_of_the_clients_own():
    body = {"error": {"message": "slowly", "code": "rate_limit_exceeded"}}
    errors = []
    for ask in (by_client, by_wire):
        with pytest.raises(openai.APIStatusError) as caught:
            await sent_by(ask, 429, body)
        errors.append(caught.value)

    theirs, ours = errors
    assert (ours.status_code, ours.body, ours.code) == (
        theirs.status_code,
        theirs.body,
        theirs.code,
    )
