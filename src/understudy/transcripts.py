"""What becomes of a video once its transcript came, or did not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Protocol, cast

from understudy.artifacts import read_record
from understudy.diff import printable
from understudy.errors import (
    DataError,
    SourceBlockedError,
    SourceThrottledError,
    TranscriptError,
    TranscriptUnavailableError,
)
from understudy.records import PERMANENT, Transcript, TranscriptReason, Video
from understudy.timed_text import count_words


class TranscriptSource(Protocol):
    """Where transcripts come from: YouTube, a folder, or nowhere but the disk."""

    @property
    def given_up(self) -> str | None:
        """Why the rest is not asked for in this run, or None to go on."""
        ...

    def wants(self, video: Video, held: Transcript | None) -> bool:
        """Whether this video is to be asked for, given what is on disk."""
        ...

    async def transcript(self, video: Video) -> tuple[Video, Transcript]:
        """Get it, and the video with whatever else the source said about it.

        Raises:
            TranscriptError: With the reason. Whether it is final is in the class.
        """
        ...


def failure(video_id: str, reason: TranscriptReason, detail: str = "") -> TranscriptError:
    """Make the error whose class says whether, and how, to try again."""
    if reason in PERMANENT:
        return TranscriptUnavailableError(video_id, reason, detail)
    if reason == "not_yet":
        return TranscriptError(video_id, reason, detail)
    if reason == "ip_blocked":
        return SourceBlockedError(video_id, reason, detail)
    return SourceThrottledError(video_id, reason, detail)


def after_transcript(video: Video, transcript: Transcript, min_words: int) -> Video:
    """The ledger's row of a video whose transcript is on disk.

    A transcript under `min_words` stays on disk, so that a lower setting brings it back. A video
    whose pairs were imported stays as it is: its questions are not asked again.
    """
    if video.status == "imported":
        return video
    if count_words(transcript.text) < min_words:
        return video.model_copy(update={"status": "unavailable", "reason": "too_short"})
    return video.model_copy(update={"status": "transcribed", "reason": None})


def after_failure(video: Video, error: TranscriptError) -> Video:
    """The ledger's row of a video whose transcript did not come."""
    reason = cast("TranscriptReason", error.reason)
    status = "unavailable" if reason in PERMANENT else "failed"
    return video.model_copy(update={"status": status, "reason": reason})


def unusable_files(videos: Iterable[Video], most: int = 3) -> tuple[str, ...]:
    """Say which files of a folder gave no transcript: one sentence, or none where all did.

    Args:
        most: How many are named; the others are counted.
    """
    bad = [one for one in videos if one.path and one.status in {"failed", "unavailable"}]
    if not bad:
        return ()
    named = ", ".join(
        f"{printable(one.path or '')} ({(one.reason or 'failed').replace('_', ' ')})"
        for one in bad[:most]
    )
    more = f" and {len(bad) - most} more, see videos.jsonl" if len(bad) > most else ""
    return (f"left out: {named}{more}",)


def remembered(video: Video) -> bool:
    """Whether the ledger says that asking again is in vain."""
    return video.status == "unavailable" and video.reason in PERMANENT - {"too_short"}


def read_transcript(path: Path) -> Transcript:
    """Read one video's transcript.

    Raises:
        DataError: It is missing or damaged; says how it is had again.
    """
    try:
        return read_record(path, Transcript)
    except DataError as error:
        raise DataError(
            f"{error}; delete the file if it is there: `understudy collect` fetches it again, "
            "and `understudy import` brings in again what was imported"
        ) from error


def find_transcript(path: Path) -> Transcript | None:
    """Read one video's transcript; None where there is none that can be read."""
    try:
        return read_record(path, Transcript)
    except DataError:
        return None


def taken_away(video: Video) -> Video:
    """The row of a video that is out of scope: a local file that has gone takes its talk along."""
    if video.origin != "folder" or video.status != "transcribed":
        return video
    return video.model_copy(update={"status": "unavailable", "reason": "not_found"})


def in_scope(videos: Iterable[Video], listed: Collection[str]) -> list[Video]:
    """The videos that a run works on.

    What was listed, and what has been brought in before: a video that leaves the newest
    `max_videos`, or the channel, keeps the work that went into it. A folder is different: there,
    taking a file away is how one takes a talk out.
    """
    return [
        video
        for video in videos
        if video.video_id in listed
        or video.origin == "import"
        or (video.origin == "youtube" and video.status == "transcribed")
    ]
