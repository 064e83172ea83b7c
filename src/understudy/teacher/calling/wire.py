"""The provider's chat API, as little of it as a call needs.

`chat.completions.create` walks through every message by its type before and
builds a model of the reply after; even the client's own `post` makes address,
headers and options anew for each request. So requests go out over the client's
connections, and what comes back is read as it is: a third of the CPU time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI

from understudy.teacher.calling.calls import read_json

_UNTIMED: Mapping[str, Any] = {"timeout": {}}
"""The engine times a whole call; a second clock for its parts would cost and say nothing more."""


class ChatWire:
    """Chat requests of one run.

    Args:
        client: Whose address, key and headers are used.
        http: Its connections.
    """

    def __init__(self, client: AsyncOpenAI, http: httpx2.AsyncClient) -> None:
        self._http = http
        sent = {**client.default_headers, **client.auth_headers}
        headers = {name: text for name, text in sent.items() if isinstance(text, str)}
        address = f"{str(client.base_url).rstrip('/')}/chat/completions"
        # What a request holds beside its body is put together once.
        self._empty = http.build_request("POST", address, headers=headers)
        del self._empty.headers["content-length"]

    async def post(self, request: Mapping[str, Any]) -> httpx2.Response:
        """Send one request and read its whole reply. How long that may take is for the caller.

        Raises:
            openai.APIStatusError: The server refused; with its status, headers and words.
            httpx2.HTTPError: Nothing came, or not all of it.
        """
        content = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
        empty = self._empty
        response = await self._http.send(
            httpx2.Request(
                "POST", empty.url, headers=empty.headers, content=content, extensions=_UNTIMED
            )
        )
        if not response.is_success:
            text = text_of(response)
            raise refusal(response, read_json(text) or text)
        return response


def text_of(response: httpx2.Response) -> str:
    """A reply's body. JSON is UTF-8, whatever the headers say (RFC 8259)."""
    return response.content.decode("utf-8", "replace")


def refusal(response: httpx2.Response, body: Any) -> openai.APIStatusError:
    """What the client itself would have raised for a status.

    Args:
        body: Of the reply; an `error` in it is taken out, as the client does.
    """
    inner = body.get("error", body) if isinstance(body, dict) else body
    return openai.APIStatusError(str(response.status_code), response=response, body=inner)
