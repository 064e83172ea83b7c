"""What a person decided about rows: it wins over every rule, and survives every rerun.

A mark belongs to a row's text and not to its number alone: a teacher that is asked
again may give `q07` to another question, and a decision must not pass to that one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import model_validator

from understudy.artifacts import file_digest, read_jsonl
from understudy.records import Decision, DropReason, Record, Row, RowId, text_digest
from understudy.rows import REFUSED, drop
from understudy.table import Anew, Rows
from understudy.workspace import Workspace

REVIEW = "review.jsonl"
BY_HAND = "review"
"""Generator of a row that the teacher could not deliver and a person wrote."""

_NOTHING_TO_KEEP: Mapping[DropReason, str] = {
    "empty": "it has no text: edit it instead",
    "too_long": "only its beginning is in the table: edit it instead",
    "duplicate_id": "another row has its id: import it again under one of its own",
}
_NOT_FOR_VARIANTS: Mapping[DropReason, str] = {
    "near_heldout": "it is a variant too near a held-out question, and would spoil the proof",
    "equals_source": "it is a variant that differs in nothing from its source",
    "duplicate_row": "it is a variant that the dataset holds already",
}


class Mark(Record):
    """One line of `review.jsonl`."""

    id: RowId
    digest: str
    """Of the text that was judged, as `Row.digest` makes it. The decision holds for this text
    alone: while the row reads otherwise, it waits."""
    decision: Decision
    question: str | None = None
    """The new one, for an edit."""
    answer: str | None = None
    note: str = ""

    @model_validator(mode="after")
    def _an_edit_has_its_text(self) -> Mark:
        texts = (self.question, self.answer)
        if any(texts) != (self.decision == "edit") or (any(texts) and not all(texts)):
            raise ValueError("an edit has a question and an answer, and nothing else has")
        return self

    @property
    def video_id(self) -> str:
        return self.id.partition(":")[0]

    @property
    def of_variant(self) -> bool:
        """Whether it is about a row that the augmentation makes."""
        return self.id.count(":") > 1 or self.video_id == "replay"


@dataclass(frozen=True)
class Reviewed:
    """Rows after the marks were applied."""

    rows: Rows
    """All that went in, in their order."""
    waiting: tuple[Mark, ...]
    """Marks without effect: the text they are about is not there, or cannot be kept."""

    def notes(self, marks: Sequence[Mark]) -> tuple[str, ...]:
        """What a stage's account says about it."""
        if not marks:
            return ()
        done = f"{len(marks) - len(self.waiting)} of {len(marks)} reviewed rows as decided"
        if not self.waiting:
            return (done,)
        return (f"{done}, the others' text has changed: see `understudy review --show`",)


# --- applying ----------------------------------------------------------------


def review_rows(rows: Sequence[Row], marks: Sequence[Mark]) -> Reviewed:
    """Give each row what was decided about its text.

    A mark finds the row with its id and text; where that id has another text by now, the row of
    the same video that has the text. Each mark reaches one row at the most.
    """
    videos = {mark.video_id for mark in marks}
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row.video_id in videos:
            places[row.video_id, row.digest].append(index)
    changed: dict[int, Row] = {}
    waiting: list[Mark] = []
    for mark in marks:
        free = [i for i in places[mark.video_id, mark.digest] if i not in changed]
        at = min(free, key=lambda i: (rows[i].id != mark.id, i), default=None)
        if at is None or obstacle(rows[at], mark.decision):
            waiting.append(mark)
        else:
            changed[at] = _decided(rows[at], mark)
    after = Anew(lambda: (changed.get(i, row) for i, row in enumerate(rows)))
    return Reviewed(after, tuple(waiting))


def obstacle(row: Row, decision: Decision) -> str | None:
    """Say why a decision cannot be carried out on a row, or None if it can."""
    if decision == "drop" or row.reason is None:
        return None
    if decision == "edit":
        return _NOTHING_TO_KEEP["duplicate_id"] if row.reason == "duplicate_id" else None
    if row.generator == REFUSED:
        return "the teacher never delivered it: edit it instead"
    if row.kind != "original" and row.reason in _NOT_FOR_VARIANTS:
        return _NOT_FOR_VARIANTS[row.reason]
    return _NOTHING_TO_KEEP.get(row.reason)


def _decided(row: Row, mark: Mark) -> Row:
    if mark.decision == "drop":
        return drop(row, "reviewed", review="drop")
    update: dict[str, object] = {"status": "kept", "reason": None, "review": mark.decision}
    if mark.decision == "edit":
        update |= {"question": mark.question, "answer": mark.answer}
        update["generator"] = BY_HAND if row.generator == REFUSED else row.generator
    return row.model_copy(update=update)


# --- remembering -------------------------------------------------------------


def review_file(workspace: Workspace) -> Path:
    """Where a channel's marks are remembered, beside what they are about."""
    return workspace.data / REVIEW


def read_review(workspace: Workspace) -> tuple[Mark, ...]:
    """The channel's marks, by id; none where nothing was reviewed yet.

    Raises:
        RowError: A line of the file is no mark.
    """
    path = review_file(workspace)
    return tuple(read_jsonl(path, Mark)) if path.exists() else ()


def review_inputs(workspace: Workspace) -> dict[str, str]:
    """What a stage that applies marks adds to its recipe's inputs."""
    path = review_file(workspace)
    return {REVIEW: file_digest(path)} if path.exists() else {}


def remembered(
    before: Iterable[Mark], given: Iterable[Mark], cleared: Iterable[str]
) -> tuple[Mark, ...]:
    """Put new marks in the place of those on the same row, and take some back.

    A mark on an edited row is about the text that came out of the edit. It is remembered as being
    about the text that went in, which is what the next run finds; to keep an edited row changes
    nothing.

    Args:
        cleared: Ids whose marks are taken back.
    """
    gone = set(cleared)
    kept = {mark.id: mark for mark in before if mark.id not in gone}
    for mark in given:
        old = kept.get(mark.id)
        edited = old is not None and old.decision == "edit" and _outcome(old) == mark.digest
        if old is not None and edited:
            if mark.decision != "keep":
                kept[mark.id] = mark.model_copy(update={"digest": old.digest})
            continue
        same = [one.id for one in kept.values() if _subject(one) == _subject(mark)]
        for name in same:  # the text has got another number since
            del kept[name]
        kept[mark.id] = mark
    return tuple(kept[name] for name in sorted(kept))


def _subject(mark: Mark) -> tuple[str, str]:
    return mark.video_id, mark.digest


def _outcome(edit: Mark) -> str:
    """Digest of the text that an edit leaves."""
    return text_digest(str(edit.question), str(edit.answer))
