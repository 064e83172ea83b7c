"""Every record that exists on disk.

All are frozen: a stage makes new records and never edits one. Each knows its
parent by id, so that any answer can be followed back to the second of the video
it came from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from understudy.errors import InvalidIdError

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What may name a file. YouTube's own ids are the 11-character subset and may begin with `-`."""

NO_VIDEO = re.compile(r"row-[0-9a-f]{12}")
"""Stands for the video of an imported row that names none: a group of its own."""

YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
ROW_ID = re.compile(r"[A-Za-z0-9_-]{1,64}:(q[0-9]{2,4}|x[0-9a-f]{12})(:[a-z]{1,3}[0-9]{1,3})?")

VideoId = Annotated[str, Field(pattern=rf"^{VIDEO_ID.pattern}$")]
RowId = Annotated[str, Field(pattern=rf"^{ROW_ID.pattern}$")]

VideoStatus = Literal["listed", "transcribed", "unavailable", "failed", "imported"]

TranscriptReason = Literal[
    "no_captions",
    "disabled",
    "private",
    "members_only",
    "age_restricted",
    "unplayable",
    "not_found",
    "ip_blocked",
    "rate_limited",
    "po_token_required",
    "unparsable",
    "network",
    "empty",
    "too_short",
    "not_yet",  # announced or being streamed: asked again next time
]
PERMANENT: frozenset[TranscriptReason] = frozenset(
    {
        "no_captions",
        "disabled",
        "private",
        "members_only",
        "age_restricted",
        "unplayable",
        "not_found",
        "empty",
        "too_short",
    }
)
"""Reasons that another attempt cannot change: such a video is not asked again."""

DropReason = Literal[
    # pass 1 and 2: the reply
    "not_json",
    "schema",
    "length",
    "refusal",
    "content_filter",
    "teacher_failed",
    "missing",
    "unknown_id",
    # pass 1: the question
    "not_a_question",
    "mentions_source",
    "not_standalone",
    "unnatural",
    "near_copy",
    "too_many",
    # pass 2 and filter: the answer
    "empty",
    "indirect_opening",
    "too_long",
    "too_short",
    "truncated",
    "no_final_punctuation",
    "broken_markdown",
    "unsupported",
    "foreign_terms",
    "off_topic",
    "repetitive",
    "wrong_language",
    "personal_data",
    "profanity",
    "unreadable_text",
    # what a model says that reads the transcript
    "judged_unfaithful",
    "judged_unanswered",
    # the set
    "duplicate_id",
    "duplicate_row",
    "already_there",  # an import never replaces what is on disk
    "near_duplicate",
    "same_meaning",
    "near_heldout",
    "equals_source",
    "not_selected",
    "reviewed",  # a person said so: wins over every other reason
    "near_reviewed",  # held out, and too near a train row that a person keeps
    "too_long_for_model",
]
"""Why a row is not in the dataset. Closed: a new reason is added here first."""

Part = Literal["train", "valid", "test"]
Kind = Literal["original", "paraphrase", "short", "long", "back_translation", "replay"]
Decision = Literal["drop", "keep", "edit"]
"""What a person decided about a row: out, in whatever the rules say, or in with another text."""


class Record(BaseModel):
    """Base of everything on disk: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class _OfVideo(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def video_id(self) -> str: ...


Owned = TypeVar("Owned", bound=_OfVideo)


def _names_its_video(record: Owned) -> Owned:
    if not record.id.startswith(f"{record.video_id}:"):
        raise ValueError(f"{record.id} is no id of the video {record.video_id}")
    return record


class Video(Record):
    """One line of the ledger `videos.jsonl`; kept for ever, whatever became of the video."""

    video_id: VideoId
    title: str
    """Untrusted text, as the source gave it."""
    published: str | None = None
    """ISO date, where the source knows it."""
    duration_s: float | None = None
    origin: Literal["youtube", "folder", "import"]
    path: str | None = None
    """Of a local transcript, relative to the source folder."""
    status: VideoStatus = "listed"
    reason: TranscriptReason | None = None
    """Why there is no transcript."""

    @property
    def url(self) -> str | None:
        return watch_url(self.video_id) if self.origin == "youtube" else None


class Segment(Record):
    """A stretch of speech."""

    start: float = Field(ge=0)
    """Seconds from the beginning of the video."""
    end: float = Field(ge=0)
    text: str = Field(min_length=1)


class Transcript(Record):
    """What one video says, in order."""

    video_id: VideoId
    title: str
    language: str
    """BCP 47, as the source names it."""
    origin: Literal["manual", "automatic", "local"]
    timing: Literal["measured", "estimated"]
    """`estimated`: the source had no times; they are spread by length over the duration."""
    duration_s: float
    source_digest: str | None = None
    """SHA-256 of the local file it was read from."""
    segments: tuple[Segment, ...] = Field(min_length=1)

    @property
    def text(self) -> str:
        """The whole transcript as the teacher reads it, one space between segments."""
        return " ".join(segment.text for segment in self.segments)

    @property
    def digest(self) -> str:
        """Of everything the later stages read from it."""
        return digest_of(self.model_dump_json())


class Question(Record):
    """A question that one transcript answers."""

    id: RowId
    video_id: VideoId
    question: str
    generator: str
    """`offline`, `import`, or the teacher's model name."""
    start: float | None = None
    """Seconds: where the stretch begins that it was asked about; null for the whole talk."""
    end: float | None = None

    _checked = model_validator(mode="after")(_names_its_video)


class Evidence(Record):
    """Where in the transcript an answer is supported."""

    quote: str
    start: float
    """Seconds from the beginning of the video."""
    end: float
    score: float = Field(ge=0, le=100)
    """Match of the quote in the transcript, by its letters or by its words."""
    link: str | None = None
    """To that second of the video, where the talk is on YouTube."""


class Answer(Record):
    """A question with the answer that goes into training."""

    id: RowId
    video_id: VideoId
    video_title: str
    question: str
    answer: str
    tags: tuple[str, ...] = ()
    evidence: Evidence | None = None
    foreign_terms: tuple[str, ...] = ()
    """Numbers, doses and names that the transcript does not hold."""
    generator: str

    _checked = model_validator(mode="after")(_names_its_video)


class Dropped(Record):
    """Something a stage was asked for and did not get, or got and refused."""

    id: str
    """Of the item, or of its parent where it never got one."""
    reason: DropReason
    text: str = ""
    """What was refused; untrusted."""


class Row(Record):
    """A row of the dataset: an answer, what became of it and why."""

    id: RowId
    source_id: RowId
    """The original this row is a variant of; its own id for an original."""
    kind: Kind = "original"
    video_id: VideoId
    video_title: str
    question: str
    answer: str
    tags: tuple[str, ...] = ()
    quote: str | None = None
    evidence_start: float | None = None
    """Seconds."""
    evidence_end: float | None = None
    evidence_score: float | None = None
    foreign_terms: tuple[str, ...] = ()
    """Numbers, doses and names that the transcript does not hold; none where there is none."""
    generator: str
    status: Literal["kept", "dropped"] = "kept"
    reason: DropReason | None = None
    cluster: str | None = None
    """Id of the near-duplicate cluster's keeper, where there is a cluster."""
    part: Part | None = None
    findings: tuple[str, ...] = ()
    """Names of the defect checks that fired, whether or not the policy dropped for them."""
    review: Decision | None = None
    """What a person decided, where one did; it wins over every rule."""

    _checked = model_validator(mode="after")(_names_its_video)

    def model_post_init(self, context: object, /) -> None:  # noqa: ARG002
        _share_the_names(self)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        return _share_the_names(super().model_copy(update=update, deep=deep))

    @property
    def insisted(self) -> bool:
        """Whether a person keeps it, as it was or with another text."""
        return self.review in {"keep", "edit"}

    @property
    def digest(self) -> str:
        """Of the text that a person judges: the question and the answer, as they stand here."""
        return text_digest(self.question, self.answer)

    @model_validator(mode="after")
    def _dropped_rows_say_why(self) -> Row:
        if (self.status == "dropped") != (self.reason is not None):
            raise ValueError("a dropped row has a reason and a kept row has none")
        return self


_NAMES = set(Row.model_fields)
M = TypeVar("M", bound=BaseModel)


def _share_the_names(row: M) -> M:
    """Let all rows share pydantic's set of fields that were given.

    Nobody asks a row for it, and a set of its own takes 2 kB, half of the row.
    """
    object.__setattr__(row, "__pydantic_fields_set__", _NAMES)
    return row


def digest_of(content: str | bytes) -> str:
    """SHA-256 in hex. Files hold all 64 characters, names the first 12."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()


def watch_url(video_id: str, second: float | None = None) -> str:
    """Where YouTube shows a video of its own, from a second on where one is given."""
    start = "" if second is None else f"&t={int(second)}s"
    return f"https://www.youtube.com/watch?v={video_id}{start}"


def text_digest(question: str, answer: str) -> str:
    """Name the text of a row, wherever the row stands and whatever became of it."""
    return digest_of(f"{question}\n\n{answer}")


def checked_video_id(text: str) -> str:
    """Return the id if it may become part of a path.

    Raises:
        InvalidIdError: It may not.
    """
    if not VIDEO_ID.fullmatch(text):
        raise InvalidIdError(
            f"{text[:80]!r} is no video id: it takes 1 to 64 letters, digits, '-' and '_'"
        )
    return text
