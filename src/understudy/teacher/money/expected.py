"""Which rows a run is going to have audited, varied and compared, told before there are any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from understudy.artifacts import read_jsonl
from understudy.audit import to_audit
from understudy.preference import Pair
from understudy.questions import planned_count
from understudy.records import Answer, Row, Transcript
from understudy.rows import ROWS, kept
from understudy.settings import Settings
from understudy.split import FOLDER
from understudy.table import Packed, table
from understudy.teacher.money.quote import QUESTION_CHARS
from understudy.variants import Order, ordered, position
from understudy.workspace import Workspace

ANSWER_CHARS = 826
"""Mean of the 1,709 real answers."""


def expected_rows(
    settings: Settings, workspace: Workspace, transcripts: Sequence[Transcript]
) -> Packed:
    """The rows of the last split, and the likely ones of all other talks and imports.

    Ids are known; what a talk will hold, and whether it will be in train, is not: its planned
    number of questions stands for the first, and a share of talks for the second.

    Args:
        transcripts: Of the channel.

    Raises:
        DataError: A table or an import cannot be read.
    """
    path = workspace.stages / FOLDER / ROWS
    split = table(path) if path.exists() else []
    known = {row.video_id for row in split}
    likely = (
        row for talk in transcripts if talk.video_id not in known for row in _likely(talk, settings)
    )
    imported = (row for row in _imported(workspace, settings) if row.video_id not in known)
    return Packed(chain(split, likely, imported))


def expected_orders(
    settings: Settings, rows: Sequence[Row], transcripts: Sequence[Transcript]
) -> list[Order]:
    """The variants that will be ordered of these rows; none where they cost nothing."""
    if settings.augment.by != "teacher" or settings.teacher.kind == "offline":
        return []
    return ordered(rows, settings.augment, transcribed={talk.video_id for talk in transcripts})


def expected_audit(
    settings: Settings, rows: Sequence[Row], transcripts: Sequence[Transcript]
) -> list[Row]:
    """The rows that will be judged; none where nobody is asked."""
    if settings.audit.policy == "keep" or settings.teacher.kind == "offline":
        return []
    return to_audit(rows, {talk.video_id for talk in transcripts})


def expected_pairs(settings: Settings, rows: Sequence[Row]) -> list[Pair]:
    """The answers that a judge will compare; none where none is asked.

    What base and tuned model will answer is not known: texts of the references' length stand for it.
    """
    asked = settings.evaluate.judge.questions
    most = min(asked, settings.evaluate.max_questions or asked)
    held_out = [row for row in kept(rows) if row.part == "test" and row.kind == "original"]
    return [
        Pair(
            id=row.id,
            video_id=row.video_id,
            question=row.question,
            reference=row.answer,
            base="b" * len(row.answer),
            tuned="t" * len(row.answer),
        )
        for row in held_out[:most]
    ]


def _likely(talk: Transcript, settings: Settings) -> Iterator[Row]:
    for number in range(1, planned_count(talk, settings.questions) + 1):
        row_id = f"{talk.video_id}:q{number:02d}"
        yield _row(row_id, "x" * QUESTION_CHARS, "x" * ANSWER_CHARS, settings)


def _imported(workspace: Workspace, settings: Settings) -> Iterator[Row]:
    for path in sorted(workspace.imports.glob("*.jsonl")):
        for answer in read_jsonl(path, Answer):
            yield _row(answer.id, answer.question, answer.answer, settings)


def _row(row_id: str, question: str, answer: str, settings: Settings) -> Row:
    video_id = row_id.partition(":")[0]
    place, split = position(f"quote/{settings.split.salt}/{video_id}"), settings.split
    held_out = "valid" if place < split.train + split.valid else "test"
    return Row(
        id=row_id,
        source_id=row_id,
        video_id=video_id,
        video_title="",
        question=question,
        answer=answer,
        generator="quote",
        part="train" if place < split.train else held_out,
    )
