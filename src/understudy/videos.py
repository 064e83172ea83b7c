"""The ledger of a channel's videos: what is known, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from understudy.artifacts import Artifact, json_line, read_jsonl, write_bytes
from understudy.errors import DataError, InvalidIdError
from understudy.records import YOUTUBE_ID, Video


def checked_youtube_id(text: str) -> str:
    """Return the id if YouTube could have given it.

    Raises:
        InvalidIdError: It could not.
    """
    if not YOUTUBE_ID.fullmatch(text):
        raise InvalidIdError(
            f"{text[:80]!r} is no YouTube video id: it takes exactly 11 letters, digits, '-' and "
            "'_', as after `watch?v=` in the address"
        )
    return text


def merge_ledger(old: Sequence[Video], listed: Iterable[Video]) -> list[Video]:
    """Add what was listed to what is known.

    Known videos keep their place, their title, their status and its reason for ever: a title that
    changes would make paid work stale. What was not known about them is filled in, and a local
    file that has moved is followed. New ones come after, by date and id, so that the order in
    which a source lists them does not matter.
    """
    new = {video.video_id: video for video in listed}
    known = {video.video_id for video in old}
    kept = [_filled(video, new.get(video.video_id)) for video in old]
    added = [video for video in new.values() if video.video_id not in known]
    return kept + sorted(added, key=lambda video: (video.published or "", video.video_id))


def _filled(video: Video, listed: Video | None) -> Video:
    if listed is None:
        return video
    return video.model_copy(
        update={
            "title": video.title or listed.title,
            "published": video.published or listed.published,
            "duration_s": video.duration_s if video.duration_s is not None else listed.duration_s,
            "path": listed.path or video.path,
        }
    )


class VideoLedger:
    """`videos.jsonl`, in memory and on disk.

    It has one writer at a time, the flow that holds the channel.
    """

    def __init__(self, path: Path, videos: Iterable[Video] = ()) -> None:
        self.path = path
        self._take(videos)

    @classmethod
    def open(cls, path: Path) -> VideoLedger:
        """Read the ledger; a channel that is new has an empty one.

        Raises:
            DataError: A line is no video, or two lines are of one.
        """
        try:
            videos = read_jsonl(path, Video) if path.exists() else []
        except DataError as error:
            raise DataError(
                f"{error}; delete that line, or the file: `understudy collect` lists the videos "
                "again and keeps what was fetched"
            ) from error
        twice = [name for name, count in Counter(v.video_id for v in videos).items() if count > 1]
        if twice:
            raise DataError(f"{path} names {twice[0]} twice: delete one of its lines")
        return cls(path, videos)

    @property
    def videos(self) -> tuple[Video, ...]:
        return tuple(self._videos.values())

    def get(self, video_id: str) -> Video | None:
        return self._videos.get(video_id)

    def replace(self, videos: Iterable[Video]) -> bool:
        """Take this list instead and save it; says whether that changed anything."""
        before = self.videos
        self._take(videos)
        changed = before != self.videos or not self.path.exists()
        if changed:
            self.save()
        return changed

    def record(self, video: Video) -> None:
        """Put a video's new row in the place of its old one, on disk before this returns.

        Raises:
            WriteError: The file system refused; the old ledger is whole.
        """
        if self._videos.get(video.video_id) != video:
            self._videos[video.video_id] = video
            self._lines[video.video_id] = json_line(video)
            self.save()

    def save(self) -> Artifact:
        """Write the ledger, whole or not at all."""
        return write_bytes(self.path, b"".join(self._lines.values()))

    def _take(self, videos: Iterable[Video]) -> None:
        self._videos = {video.video_id: video for video in videos}
        # As they are written: the whole file is, for every video.
        self._lines = {name: json_line(video) for name, video in self._videos.items()}
