"""Transcripts that people have, a row for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.documents import UnreadableError, about_of, build, spoken_in
from understudy.errors import TranscriptError
from understudy.importing.loading import Loaded
from understudy.importing.rows import Imported, RowRefused, dropped_row, named_video
from understudy.records import Dropped, Transcript, Video


def read_transcripts(loaded: Loaded, language: str) -> Imported:
    transcripts: dict[str, Transcript] = {}
    videos: list[Video] = []
    dropped: list[Dropped] = []
    for row in loaded.rows:
        try:
            video, transcript = _transcript(row.fields, language)
            if video.video_id in transcripts:
                raise RowRefused("duplicate_id", video.video_id)
        except RowRefused as refused:
            dropped.append(dropped_row(row, refused))
        else:
            transcripts[video.video_id] = transcript
            videos.append(video)
    return Imported(
        kind="transcripts",
        description=f"{loaded.format}: {len(transcripts):,} transcripts",
        transcripts=tuple(transcripts.values()),
        videos=tuple(videos),
        dropped=tuple(dropped),
    )


def _transcript(fields: Mapping[str, Any], language: str) -> tuple[Video, Transcript]:
    said = about_of(fields)
    video = named_video(fields).model_copy(
        update={
            "published": said.published,
            "duration_s": said.duration_s,
            "status": "transcribed",
        }
    )
    try:
        spoken = spoken_in(fields, said.duration_s)
        return video, build(spoken, video=video, language=said.language or language, digest=None)
    except UnreadableError as error:
        raise RowRefused("unreadable_text", str(error)) from error
    except TranscriptError as error:
        raise RowRefused("empty", video.video_id) from error
