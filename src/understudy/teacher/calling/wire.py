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


class ChatWire:
    """Chat requests of one run.

    Args:
        client: Whose address, key and headers are used.
        http: Its connections.
    """

    def __init__(self, client: AsyncOpenAI, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._url = httpx2.URL(f"{str(client.base_url).rstrip('/')}/chat/completions")
        sent = {**client.default_headers, **client.auth_headers}
        self._headers = {name: text for name, text in sent.items() if isinstance(text, str)}

    async def post(self, request: Mapping[str, Any]) -> httpx2.Response:
        """Send one request and read its whole reply.

        Raises:
            openai.APIStatusError: The server refused; with its status, headers and words.
            httpx2.HTTPError: Nothing came, or not all of it.
        """
        content = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
        response = await self._http.post(self._url, content=content, headers=self._headers)
        if not response.is_success:
            raise refusal(response, read_json(response.text) or response.text)
        return response


def refusal(response: httpx2.Response, body: Any) -> openai.APIStatusError:
    """What the client itself would have raised for a status.

    Args:
        body: Of the reply; an `error` in it is taken out, as the client does.
    """
    inner = body.get("error", body) if isinstance(body, dict) else body
    return openai.APIStatusError(str(response.status_code), response=response, body=inner)
