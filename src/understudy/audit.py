"""A second opinion on rows, by a model that reads the transcript.

The rules see how an answer is written; whether it is true to its talk takes a reader.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from understudy.records import DropReason, Record, Row, RowId
from understudy.rows import drop
from understudy.settings import Policy
from understudy.table import Rows, changed, is_kept

VERSION = "1"
FOLDER = "3b-audit"


class Opinion(Record):
    """What a reader of the transcript says of one row."""

    id: RowId
    faithful: bool
    """Whether the transcript says all that the answer claims."""
    answers: bool
    """Whether the answer answers the question."""
    problem: str = ""
    """In the reader's words; untrusted."""

    @property
    def faults(self) -> tuple[DropReason, ...]:
        """The worse one first."""
        found: list[DropReason] = []
        if not self.faithful:
            found.append("judged_unfaithful")
        if not self.answers:
            found.append("judged_unanswered")
        return tuple(found)


class Auditor(Protocol):
    """Reads transcripts and judges rows."""

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """What determines its opinions beside rows and transcripts."""
        ...

    async def judge(self, rows: Sequence[Row]) -> tuple[Opinion, ...]:
        """Judge rows; one that no opinion could be had of is left out."""
        ...


def to_audit(rows: Rows, transcribed: Collection[str]) -> list[Row]:
    """The rows that can be judged: kept originals of videos with a transcript."""
    return [
        row
        for row in rows
        if is_kept(row) and row.kind == "original" and row.video_id in transcribed
    ]


def audited_rows(rows: Rows, opinions: Sequence[Opinion], policy: Policy) -> Rows:
    """Give rows the faults that were found in them, and drop those rows where the policy says so.

    What a person insists on is marked and stays.
    """
    faults = {opinion.id: opinion.faults for opinion in opinions if opinion.faults}

    def mark(row: Row) -> Row:
        marked = row.id in faults and is_kept(row) and policy != "keep"
        return _marked(row, faults[row.id], policy) if marked else row

    return changed(rows, mark)


def _marked(row: Row, faults: tuple[DropReason, ...], policy: Policy) -> Row:
    findings = (*row.findings, *faults)
    if policy == "drop" and not row.insisted:
        return drop(row, faults[0], findings=findings)
    return row.model_copy(update={"findings": findings})
