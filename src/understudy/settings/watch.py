"""How a channel is followed."""

from __future__ import annotations

import re
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from understudy.settings.section import Count, Positive, Section

_CRON = re.compile(r"[\w*/,#?-]+(?: +[\w*/,#?-]+){4}")


class WatchSettings(Section):
    """How the channel is followed: what `understudy watch` does, and when `understudy ui` does it."""

    cron: str | None
    """When to look, such as `0 6 * * *` for every morning; null for no such schedule."""
    timezone: str
    """Of cron, such as `Europe/Berlin`."""
    interval_h: Annotated[float, Field(ge=0.05)] | None
    """Hours between two looks, instead of cron; null for no such schedule."""
    feed: str | None
    """Address of an Atom feed that names new videos first; null for YouTube's own of this channel."""
    full_listing_h: Annotated[float, Field(ge=0)]
    """Hours after which the whole channel is listed again, for what a feed does not show."""
    retrain_after: Count
    """Least number of new training rows since the last training, before there is another one."""
    max_tries: Positive
    """How often the pipeline is started for a video that does not get its answers."""

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, cron: str | None) -> str | None:
        if cron is not None and not _CRON.fullmatch(cron):
            raise ValueError("cron takes five fields, such as `0 6 * * *` for 6:00 every day")
        return cron

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError(
                "no such time zone: write UTC, or one such as Europe/Berlin"
            ) from error
        return timezone

    @field_validator("feed")
    @classmethod
    def _web_address(cls, feed: str | None) -> str | None:
        if feed is not None and not feed.startswith(("http://", "https://")):
            raise ValueError("the feed must be an address that begins with https:// or http://")
        return feed

    @model_validator(mode="after")
    def _one_schedule(self) -> Self:
        if self.cron is not None and self.interval_h is not None:
            raise ValueError("cron and interval_h are two schedules: set one of them to null")
        return self
