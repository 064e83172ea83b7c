"""YouTube's three answers, served in the process to the real youtube-transcript-api."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter

Answer = tuple[int, str, str]
"""Status, content type, body."""


class FakeYouTube(BaseAdapter):
    """Answers the watch page, the player and the captions; counts what it was asked.

    `watch`, `player` and `captions` take the video's id and may be replaced one by one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        self.timeouts: list[Any] = []
        self.watch: Callable[[str], Answer] = lambda _: page()
        self.player: Callable[[str], Answer] = player
        self.captions: Callable[[str], Answer] = lambda _: captions()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        self.timeouts.append(options.get("timeout"))
        parts = urlsplit(str(request.url))
        if parts.path == "/watch":
            video_id = parse_qs(parts.query)["v"][0]
            self.requests.append(f"watch {video_id}")
            answer = self.watch(video_id)
        elif parts.path.endswith("/player"):
            video_id = json.loads(request.body or b"{}")["videoId"]
            self.requests.append(f"player {video_id}")
            answer = self.player(video_id)
        else:
            video_id = parse_qs(parts.query)["v"][0]
            language = parse_qs(parts.query)["lang"][0]
            self.requests.append(f"captions {video_id} {language}")
            answer = self.captions(video_id)
        return _response(request, answer)

    def close(self) -> None:
        pass

    def on(self, session: requests.Session) -> None:
        """Stand in for the network of this session."""
        session.mount("https://", self)
        session.mount("http://", self)


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    status, kind, body = answer
    response = requests.Response()
    response.status_code = status
    response.reason = {403: "Forbidden", 404: "Not Found", 503: "Unavailable"}.get(status, "")
    response.headers["Content-Type"] = kind
    response.encoding = "utf-8"
    response.raw = BytesIO(body.encode())
    response.url = str(request.url)
    response.request = request
    return response


def page(body: str = "") -> Answer:
    head = '<meta itemprop="datePublished" content="2024-08-14T09:00:11-07:00">'
    return 200, "text/html; charset=utf-8", f'{head}"INNERTUBE_API_KEY": "AIza-x_1"{body}'


def track(
    language: str, *, automatic: bool = False, video_id: str = "dQw4w9WgXcQ"
) -> dict[str, Any]:
    base = f"https://www.youtube.com/api/timedtext?v={video_id}&lang={language}"
    made = {
        "baseUrl": base,
        "name": {"runs": [{"text": language}]},
        "languageCode": language,
        "isTranslatable": False,
    }
    return {**made, "kind": "asr"} if automatic else made


def player(video_id: str, *tracks: dict[str, Any]) -> Answer:
    value = {
        "playabilityStatus": {"status": "OK"},
        "videoDetails": {"title": "On <bees> & honey", "lengthSeconds": "354"},
        "captions": {
            "playerCaptionsTracklistRenderer": {
                "captionTracks": list(tracks) or [track("en", video_id=video_id)]
            }
        },
    }
    return 200, "application/json", json.dumps(value)


def unplayable(status: str, reason: str, *more: str) -> Answer:
    said: dict[str, Any] = {"status": status, "reason": reason}
    if more:
        runs = [{"text": text} for text in more]
        said["errorScreen"] = {"playerErrorMessageRenderer": {"subreason": {"runs": runs}}}
    return 200, "application/json", json.dumps({"playabilityStatus": said})


def captions(*lines: tuple[float, float, str]) -> Answer:
    shown = lines or ((0.0, 3.0, "hello everyone &amp;amp; welcome"), (2.0, 3.0, "back again"))
    texts = "".join(f'<text start="{at}" dur="{lasts}">{text}</text>' for at, lasts, text in shown)
    return 200, "text/xml; charset=utf-8", f'<?xml version="1.0"?><transcript>{texts}</transcript>'
