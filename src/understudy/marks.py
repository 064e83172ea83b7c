"""Marks as a person hands them in: from the page, or in a table edited by hand.

A file is taken whole or not at all: what is wrong with it is said with its line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from understudy.errors import DataError, EmptySourceError
from understudy.importing.loading import csv_rows, json_line_rows
from understudy.records import Row
from understudy.review import Mark, obstacle
from understudy.rows import damage
from understudy.text.typography import tidy

COLUMNS = ("id", "mark", "question", "answer", "note", "digest")
"""What is read. Other columns are for the person and may be anything."""
_FOR_THE_PERSON = ("status", "reason", "findings", "video_title")

Word = Literal["drop", "keep", "edit", "clear"]
WORDS: tuple[Word, ...] = get_args(Word)
"""`clear` takes an earlier decision back."""


@dataclass(frozen=True)
class Marks:
    """What one file says."""

    given: tuple[Mark, ...]
    cleared: tuple[str, ...]
    """Ids whose decision is taken back."""


def read_marks(path: Path, rows: Sequence[Row]) -> Marks:
    """Read a file of marks about the rows of a dataset.

    Args:
        path: `.csv`, or one JSON object per line.
        rows: The dataset's table. A mark without a digest is about the row as it stands there; one
            with another digest is about an earlier text, and is taken as it is.

    Raises:
        EmptySourceError: It marks nothing.
        DataError: A line is no mark, names no row, or asks for what cannot be; says which line.
    """
    lines = (csv_rows if path.suffix.lower() == ".csv" else json_line_rows)(path)
    named = {_text(line.fields.get("id")) for line in lines}
    table = _by_id(row for row in rows if row.id in named)
    given: list[Mark] = []
    cleared: list[str] = []
    seen: dict[str, str] = {}
    for line in lines:
        fields = {name: _text(line.fields.get(name)) for name in COLUMNS}
        try:
            mark = _mark(fields, line.fields.keys(), table)
            if mark is None:
                continue
            if (before := seen.setdefault(fields["id"], line.place)) != line.place:
                raise ValueError(f"{fields['id']} is marked in {before} already")
        except ValueError as error:
            raise DataError(f"{path}, {line.place}: {error}. Nothing was taken over") from error
        if isinstance(mark, Mark):
            given.append(mark)
        else:
            cleared.append(mark)
    if not given and not cleared:
        raise EmptySourceError(f"{path} marks no row: write {_any_of(WORDS)} into `mark`")
    return Marks(tuple(given), tuple(cleared))


def _by_id(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by id; a damaged import can hold one id twice, the kept one comes first."""
    table: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.status != "kept"):
        table.setdefault(row.id, []).append(row)
    return table


def _mark(
    fields: Mapping[str, str], present: Any, table: Mapping[str, Sequence[Row]]
) -> Mark | str | None:
    """What one line says: a mark, the id of a decision to take back, or nothing.

    Raises:
        ValueError: It cannot be; says why.
    """
    if lacking := {"id", "mark"} - set(present):
        raise ValueError(f"there is no {_any_of(sorted(lacking))}")
    word, rows = fields["mark"].lower(), table.get(fields["id"])
    if not rows:
        raise ValueError(f"the dataset has no row {fields['id'][:80]!r}")
    row = next((row for row in rows if row.digest == fields["digest"]), rows[0])
    if word not in (*WORDS, ""):
        raise ValueError(f"{word[:40]!r} is no mark: write {_any_of(WORDS)}, or leave it empty")
    if word != "edit":
        _refuse_silent_edit(fields, row, word)
    if word in {"", "clear"}:
        return row.id if word else None
    return _decision(word, fields, row)


def _refuse_silent_edit(fields: Mapping[str, str], row: Row, word: str) -> None:
    stale = fields["digest"] not in {"", row.digest}
    changed = [
        name
        for name, text in (("question", row.question), ("answer", row.answer))
        if fields[name] and tidy(fields[name]) != tidy(text)
    ]
    if changed and not stale:
        raise ValueError(
            f"the {' and the '.join(changed)} of {row.id} differ from the dataset's, but the mark "
            f"is {word!r}: write edit to hand the new text in"
        )


def _decision(word: str, fields: Mapping[str, str], row: Row) -> Mark:
    digest = fields["digest"] or row.digest
    question = tidy(fields["question"]) or row.question
    answer = tidy(fields["answer"]) or row.answer
    if word == "edit" and (why := damage(question, answer)):
        raise ValueError(f"the new text of {row.id} cannot be used: {why.replace('_', ' ')}")
    if word == "edit" and digest == row.digest and (question, answer) == (row.question, row.answer):
        raise ValueError(f"{row.id} is marked edit, but its text is the dataset's")
    blank = {"id": row.id, "digest": digest, "decision": word, "note": fields["note"][:1000]}
    texts = {"question": question, "answer": answer} if word == "edit" else {}
    mark = Mark.model_validate(blank | texts)
    if digest == row.digest and (why := obstacle(row, mark.decision)):
        raise ValueError(f"{row.id} cannot be marked {word}: {why}")
    return mark


def _any_of(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else f"`{names[0]}`"


# --- tables that a spreadsheet opens ------------------------------------------

_FORMULA = "=+-@\t\r'"
"""A cell that begins with one of these could be run as a formula: an apostrophe makes it text."""


def _text(value: object) -> str:
    """A cell as it was meant, without the apostrophe that `table_of` put before it."""
    text = value.strip() if isinstance(value, str) else ""
    return text[1:] if text[:1] == "'" and text[1:2] in set(_FORMULA) else text


def table_of(rows: Sequence[Row]) -> str:
    """All rows as CSV with an empty `mark`, for somebody who would rather use a spreadsheet."""
    out = io.StringIO(newline="")
    names: list[str] = [*COLUMNS[:2], *_FOR_THE_PERSON, *COLUMNS[2:]]
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    for row in rows:
        shown = {name: getattr(row, name) for name in names if name in Row.model_fields}
        shown |= {"mark": "", "note": "", "digest": row.digest, "findings": ", ".join(row.findings)}
        writer.writerow({name: _safe(str(value or "")) for name, value in shown.items()})
    return "\ufeff" + out.getvalue()  # without it a spreadsheet takes UTF-8 for something else


def _safe(text: str) -> str:
    return f"'{text}" if text[:1] in set(_FORMULA) else text
