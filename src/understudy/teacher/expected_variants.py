"""Which variants a run is going to order, told before there are rows to make them of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from understudy.artifacts import read_jsonl
from understudy.questions import planned_count
from understudy.records import Answer, Row, Transcript
from understudy.rows import ROWS, read_rows
from understudy.settings import Settings
from understudy.split import FOLDER
from understudy.teacher.quote import QUESTION_CHARS
from understudy.variants import Order, ordered, position
from understudy.workspace import Workspace

ANSWER_CHARS = 826
"""Mean of the 1,709 real answers."""


def expected_orders(
    settings: Settings, workspace: Workspace, transcripts: Sequence[Transcript]
) -> list[Order]:
    """The orders of the rows of the last split, and the likely ones of all other talks and imports.

    Which rows get variants is known from their ids; what a talk will hold, and whether it will be
    in train, is not: its planned number of questions stands for the first, and a share of talks
    for the second.

    Args:
        transcripts: Of the channel.

    Returns:
        An empty list where variants cost nothing.

    Raises:
        DataError: A table or an import cannot be read.
    """
    if settings.augment.by != "teacher" or settings.teacher.kind == "offline":
        return []
    table = workspace.stages / FOLDER / ROWS
    rows = read_rows(table) if table.exists() else []
    known = {row.video_id for row in rows}
    rows += [
        row for talk in transcripts if talk.video_id not in known for row in _likely(talk, settings)
    ]
    rows += [row for row in _imported(workspace, settings) if row.video_id not in known]
    return ordered(rows, settings.augment, transcribed={talk.video_id for talk in transcripts})


def _likely(talk: Transcript, settings: Settings) -> Iterator[Row]:
    if not _in_train(talk.video_id, settings):
        return
    for number in range(1, planned_count(talk, settings.questions) + 1):
        yield _row(f"{talk.video_id}:q{number:02d}", "x" * QUESTION_CHARS, "x" * ANSWER_CHARS)


def _imported(workspace: Workspace, settings: Settings) -> Iterator[Row]:
    for path in sorted(workspace.imports.glob("*.jsonl")):
        for answer in read_jsonl(path, Answer):
            if _in_train(answer.video_id, settings):
                yield _row(answer.id, answer.question, answer.answer)


def _in_train(video_id: str, settings: Settings) -> bool:
    return position(f"quote/{settings.split.salt}/{video_id}") < settings.split.train


def _row(row_id: str, question: str, answer: str) -> Row:
    return Row(
        id=row_id,
        source_id=row_id,
        video_id=row_id.partition(":")[0],
        video_title="",
        question=question,
        answer=answer,
        generator="quote",
        part="train",
    )
