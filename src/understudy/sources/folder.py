"""A folder of local transcripts as a source equal to a channel."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from understudy.artifacts import file_digest
from understudy.documents import SUFFIXES, about, transcript_from
from understudy.errors import DataError, EmptySourceError, SourceError, UnknownSourceError
from understudy.records import VIDEO_ID, YOUTUBE_ID, Transcript, Video, digest_of
from understudy.text.typography import clean
from understudy.transcripts import failure

_LANGUAGE_TAIL = re.compile(r"\.[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")
_BRACKETED = re.compile(rf"^(?P<title>.*\S)\s*\[(?P<id>{YOUTUBE_ID.pattern})\]$")


def list_folder(folder: Path) -> list[Video]:
    """List the transcripts of a folder and the folders in it, in the order of their paths.

    The id is what the file itself says, or its name if that can be one (also as yt-dlp names
    files, `Title [id].en.vtt`), or `file-` and a digest of its path in the folder.

    Raises:
        UnknownSourceError: There is no such folder.
        SourceError: Two files are of one video; the message names both.
        EmptySourceError: It holds no transcript.
    """
    found: dict[str, Video] = {}
    for path in transcript_files(folder):
        video = _video(path, path.relative_to(folder))
        # Apple's file systems take `Intro.json` and `intro.json` for one file.
        other = found.setdefault(video.video_id.casefold(), video)
        if other is not video:
            raise SourceError(
                f"{other.path} and {video.path} in {folder} are both of video {video.video_id}: "
                "take one of them away or rename it"
            )
    return list(found.values())


def transcript_files(folder: Path) -> list[Path]:
    """Find a folder's transcripts, unopened, in an order that is the same on every file system.

    Raises:
        UnknownSourceError: There is no such folder.
        EmptySourceError: It holds no transcript.
    """
    if folder.is_file():
        raise UnknownSourceError(
            f"{folder} is a file: set source.folder to the folder that it lies in"
        )
    if not folder.is_dir():
        raise UnknownSourceError(
            f"there is no folder {folder}: set source.folder to where they are"
        )
    if not (found := list(_files(folder))):
        kinds = ", ".join(sorted(SUFFIXES))
        raise EmptySourceError(f"{folder} holds no transcript, which is a file in {kinds}")
    return found


def _files(folder: Path) -> Iterator[Path]:
    paths = sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix())
    for path in paths:
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield path


def _video(path: Path, relative: Path) -> Video:
    said = about(_read(path), path.suffix.lower())
    name, title = _name(path)
    return Video(
        video_id=said.video_id or name or _digest_id(relative),
        title=said.title or clean(_displayable(title)),
        published=said.published,
        duration_s=said.duration_s,
        origin="folder",
        path=_displayable(relative.as_posix()),
    )


def _name(path: Path) -> tuple[str | None, str]:
    """What the file's name gives: an id, if it can be one, and a title."""
    stem = path.stem
    if path.suffix.lower() in {".vtt", ".srt"}:
        stem = _LANGUAGE_TAIL.sub("", stem)
    if bracketed := _BRACKETED.match(stem):
        return bracketed["id"], bracketed["title"]
    return (stem if VIDEO_ID.fullmatch(stem) else None), stem


def _digest_id(relative: Path) -> str:
    return f"file-{digest_of(os.fsencode(relative.as_posix()))[:12]}"


def _displayable(name: str) -> str:
    """A file name that is not UTF-8 arrives with surrogates, which no ledger can hold."""
    return os.fsencode(name).decode("utf-8", "replace")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error


class FolderSource:
    """Reads transcripts out of a folder. Nobody is asked, so nothing needs patience."""

    given_up: str | None = None

    def __init__(self, folder: Path, *, language: str) -> None:
        self._folder = folder
        self._language = language

    def wants(self, video: Video, held: Transcript | None) -> bool:
        """Read what is new, was unreadable, or has changed since."""
        if video.path is None or video.status == "imported":
            return False
        return held is None or held.source_digest != self._digest(video.path)

    async def transcript(self, video: Video) -> tuple[Video, Transcript]:
        """Read the file again, its title and date included.

        Raises:
            TranscriptError: `unparsable`, `empty`, or `not_found` where the file has gone.
        """
        path = self._path(video)
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise failure(video.video_id, "not_found", f"cannot read {video.path}") from error
        said = about(raw, path.suffix.lower())
        current = video.model_copy(
            update={
                "title": said.title or video.title,
                "published": said.published or video.published,
                "duration_s": said.duration_s or video.duration_s,
            }
        )
        suffix = path.suffix.lower()
        return current, transcript_from(raw, suffix, video=current, language=self._language)

    def _digest(self, relative: str) -> str | None:
        try:
            return file_digest(self._folder / relative)
        except DataError:
            return None

    def _path(self, video: Video) -> Path:
        relative = PurePosixPath(video.path or "")
        if relative.is_absolute() or ".." in relative.parts:
            raise failure(video.video_id, "not_found", "its path leaves the folder")
        return self._folder / relative
