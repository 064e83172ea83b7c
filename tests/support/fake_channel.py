"""A channel's pages, served in the process to the real extractor of yt-dlp."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError

PER_PAGE = 30


class FakeChannel:
    """Answers for `@talks` with a tab of videos in pages of thirty, as YouTube serves them.

    Args:
        status: HTTP status of every answer.
        tab: The one that is shown, whichever was asked for.
    """

    def __init__(
        self, videos: Sequence[dict[str, Any]], *, status: int = 200, tab: str = "videos"
    ) -> None:
        self.videos, self.status, self.tab = videos, status, tab
        self.asked: list[str] = []

    def urlopen(self, request: Any) -> Response:
        url = request if isinstance(request, str) else request.url
        body = b"" if isinstance(request, str) else request.data or b""
        self.asked.append(url.partition("?")[0])
        if self.status != 200:
            raise HTTPError(Response(io.BytesIO(), url, {}, status=self.status))
        if "/youtubei/" in url:
            answer = json.dumps(self._more(json.loads(body)))
        else:
            shown = json.dumps(self._page())
            answer = f"<html><script>var ytInitialData = {shown};</script></html>"
        return Response(io.BytesIO(answer.encode()), url, {})

    def _page(self) -> dict[str, Any]:
        grid = {"richGridRenderer": {"contents": self._items(0)}}
        path = f"/@talks/{self.tab}"
        endpoint = {"commandMetadata": {"webCommandMetadata": {"url": path}}}
        tab = {
            "selected": True,
            "title": self.tab.title(),
            "endpoint": endpoint,
            "content": grid,
        }
        return {
            "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": tab}]}},
            "metadata": {
                "channelMetadataRenderer": {"title": "Talks", "externalId": "UC" + "a" * 22}
            },
        }

    def _more(self, query: dict[str, Any]) -> dict[str, Any]:
        items = self._items(int(query["continuation"]))
        action = {"appendContinuationItemsAction": {"continuationItems": items}}
        return {"onResponseReceivedActions": [action]}

    def _items(self, start: int) -> list[dict[str, Any]]:
        shown = self.videos[start : start + PER_PAGE]
        items = [{"richItemRenderer": {"content": {"lockupViewModel": one}}} for one in shown]
        if start + PER_PAGE < len(self.videos):
            token = {"continuationCommand": {"token": str(start + PER_PAGE)}}
            items.append({"continuationItemRenderer": {"continuationEndpoint": token}})
        return items


def video(video_id: str, title: str, duration: str) -> dict[str, Any]:
    """One video of a channel's page.

    Args:
        duration: As the thumbnail shows it, `9:14` or `upcoming`.
    """
    badge = {"thumbnailBadgeViewModel": {"text": duration}}
    overlay = {"thumbnailOverlayBadgeViewModel": {"thumbnailBadges": [badge]}}
    return {
        "contentId": video_id,
        "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
        "contentImage": {"thumbnailViewModel": {"overlays": [overlay]}},
        "metadata": {"lockupMetadataViewModel": {"title": {"content": title}}},
    }
