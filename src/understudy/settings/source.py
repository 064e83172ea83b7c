"""Whose talks these are, where they come from, and how transcripts are fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, StrictBool, model_validator

from understudy.settings.section import Count, Name, Positive, Seconds, Section


class ChannelSettings(Section):
    """Whose talks these are."""

    name: Name
    """Folder name under data/ and models/: another name is another channel, with nothing in it yet."""
    speaker: str
    """As the prompts and the report name the speaker."""
    subject: str
    """What the talks are about, in a phrase."""
    style: str
    """How the speaker talks, in a phrase that the teacher is given."""
    language: str
    """BCP 47 code of the talks, such as `en`."""

    @model_validator(mode="after")
    def _name_is_free(self) -> Self:
        if self.name in {"sample", "sample-base"}:
            raise ValueError(f"{self.name!r} is the name of a committed folder: choose another")
        return self


class SourceSettings(Section):
    """Where videos or transcripts come from."""

    kind: Literal["youtube", "folder", "imported"]
    """`imported` works only on what `understudy import` brought in."""
    channel: str | None
    """Handle, channel address or playlist address, such as `@DrJasonFung/videos`."""
    video_ids: tuple[str, ...]
    """Further videos, by their 11-character id."""
    folder: str | None
    """Folder of .json, .txt, .vtt or .srt transcripts, relative to the project; `~` is your home."""
    tabs: tuple[Literal["videos", "shorts", "streams"], ...]
    """Tabs of a channel that are listed."""
    max_videos: Positive | None
    """List at most this many, newest first; null for all."""
    min_duration_s: Seconds
    """Shorter videos are left out."""

    @model_validator(mode="after")
    def _kind_has_its_source(self) -> Self:
        if self.kind == "youtube" and not (self.channel or self.video_ids):
            raise ValueError("kind youtube needs channel or video_ids")
        if self.kind == "folder" and not self.folder:
            raise ValueError("kind folder needs folder")
        return self

    def folder_in(self, root: Path) -> Path:
        """Where the folder lies, for a project at `root`."""
        return root / Path(str(self.folder)).expanduser()


class ProxySettings(Section):
    """A way around an IP block. User names and passwords come from the environment."""

    kind: Literal["none", "generic", "webshare"]
    """`generic` reads UNDERSTUDY_PROXY_URL; `webshare` reads WEBSHARE_PROXY_USERNAME and _PASSWORD."""
    webshare_locations: tuple[str, ...]
    """Country codes to leave from, such as `us`; empty for any."""


class BreakerSettings(Section):
    """When to stop asking for a while instead of burning the rest of the videos."""

    after_blocks: Positive
    """IP blocks in a row that pause the stage."""
    pause_s: Seconds
    """How long it pauses before one more try."""
    max_pauses: Count
    """After this many pauses the stage gives up for this run; the rest is asked next time."""


class TranscriptSettings(Section):
    """How transcripts are fetched."""

    languages: tuple[str, ...] = Field(min_length=1)
    """In order of preference."""
    allow_automatic: StrictBool
    """Take YouTube's automatic captions where nobody wrote any."""
    pause_s: Seconds
    """Between two videos, varied by a third either way."""
    max_retries: Count
    """For reasons that pass, such as the network."""
    retry_delay_s: Seconds
    """Before the first retry; doubles each time, with jitter."""
    timeout_s: Seconds
    """For one request."""
    min_words: Count
    """Shorter transcripts are not asked about."""
    breaker: BreakerSettings
    proxy: ProxySettings
