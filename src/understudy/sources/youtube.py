"""YouTube as a source of transcripts: the captions, asked for with patience."""

from __future__ import annotations

import asyncio

from understudy.records import YOUTUBE_ID, Transcript, Video
from understudy.sources.captions_api import YouTubeCaptions
from understudy.sources.patience import Patience
from understudy.transcripts import remembered


class YouTubeSource:
    """Asks for one video after the other; see `Patience` for when it stops."""

    def __init__(self, captions: YouTubeCaptions, patience: Patience) -> None:
        self._captions = captions
        self._patience = patience

    @property
    def given_up(self) -> str | None:
        return "ip_blocked" if self._patience.breaker.given_up else None

    def wants(self, video: Video, held: Transcript | None) -> bool:
        """Ask for what is not on disk, unless the answer is known or its pairs were imported."""
        asked = held is None and video.status != "imported" and not remembered(video)
        return asked and YOUTUBE_ID.fullmatch(video.video_id) is not None

    async def transcript(self, video: Video) -> tuple[Video, Transcript]:
        """Fetch one video's captions.

        Raises:
            TranscriptError: With the reason.
        """

        async def attempt() -> tuple[Video, Transcript]:
            # to_thread copies the context, and with it the task run that log lines belong to
            return await asyncio.to_thread(self._captions.fetch, video)

        return await self._patience.ask(video.video_id, attempt)


class NoSource:
    """For channels that consist of imports: what is on disk is all there is."""

    given_up: str | None = None

    def wants(self, video: Video, held: Transcript | None) -> bool:  # noqa: ARG002
        return False

    async def transcript(self, video: Video) -> tuple[Video, Transcript]:
        raise AssertionError(f"{video.video_id} is asked for, but this source wants nothing")
