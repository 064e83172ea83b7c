"""Answers become the rows of the dataset; what cannot be one is listed with its reason.

A row is never edited once it is here: later stages copy it with another status.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pydantic import ValidationError

from understudy import artifacts
from understudy.accounting import Account, account
from understudy.artifacts import Artifact
from understudy.errors import DataError, RowError
from understudy.records import ROW_ID, Answer, Dropped, DropReason, Row, digest_of
from understudy.table import Packed, is_kept
from understudy.text.typography import is_readable, tidy, without_surrogates

VERSION = "3"
ROWS = "rows.parquet"
MAX_CHARACTERS = 20_000
"""Longer questions and answers are damage: the longest of 1,709 real answers has 2,440."""
REFUSED = "refused"
"""Generator of rows that a pass of the teacher refused; they are listed, and never kept."""
_EXCERPT = 1_000
"""What is kept of a text that is too long."""

SCHEMA: Any = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("video_id", pa.string(), nullable=False),
        pa.field("video_title", pa.string(), nullable=False),
        pa.field("question", pa.string(), nullable=False),
        pa.field("answer", pa.string(), nullable=False),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("quote", pa.string()),
        pa.field("evidence_start", pa.float64()),
        pa.field("evidence_end", pa.float64()),
        pa.field("evidence_score", pa.float64()),
        pa.field("foreign_terms", pa.list_(pa.string()), nullable=False),
        pa.field("generator", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("cluster", pa.string()),
        pa.field("part", pa.string()),
        pa.field("findings", pa.list_(pa.string()), nullable=False),
        pa.field("review", pa.string()),
    ]
)
"""Of `rows.parquet`, in the order of `records.Row`."""


# --- from answers ------------------------------------------------------------


def rows_of(answers: Iterable[Answer], refused: Iterable[Dropped] = ()) -> Packed:
    """Turn answers into rows, in an order that does not depend on the files' order.

    Args:
        answers: In any order, possibly the same id twice: the readable one is kept, and among
            equals the one whose content has the lower digest.
        refused: What the two passes could not deliver; listed as dropped rows. Looked at after all
            answers.

    Returns:
        One row per answer and per refused item, sorted by id, the kept one of an id first.
    """
    listed = (row for item in refused if (row := _refused(item)) is not None)
    keys: list[tuple[str, bool, str]] = []

    def keyed(row: Row) -> Row:
        keys.append((row.id, not is_kept(row), digest_of(row.model_dump_json())))
        return row

    rows = Packed(map(keyed, chain(map(_row, answers), listed)))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    rows = rows.arranged(order)
    for place, (one, other) in enumerate(pairwise(order), start=1):
        if keys[one][0] == keys[other][0] and is_kept(row := rows[place]):
            rows.put(place, drop(row, "duplicate_id"))
    return rows


def _row(answer: Answer) -> Row:
    reason = damage(answer.question, answer.answer)
    evidence = answer.evidence
    most = _EXCERPT if reason == "too_long" else MAX_CHARACTERS
    return Row(
        id=answer.id,
        source_id=answer.id,
        video_id=answer.video_id,
        video_title=tidy(answer.video_title)[:_EXCERPT],
        question=tidy(answer.question)[:most],
        answer=tidy(answer.answer)[:most],
        tags=tuple(tidy(tag)[:100] for tag in answer.tags),
        quote=tidy(evidence.quote) if evidence else None,
        evidence_start=evidence.start if evidence else None,
        evidence_end=evidence.end if evidence else None,
        evidence_score=evidence.score if evidence else None,
        foreign_terms=tuple(tidy(term)[:100] for term in answer.foreign_terms),
        generator=answer.generator,
        status="dropped" if reason else "kept",
        reason=reason,
    )


def _refused(item: Dropped) -> Row | None:
    """A row for what a pass refused, under the question's id or one made from its text."""
    video_id = item.id.partition(":")[0]
    named = item.id if ROW_ID.fullmatch(item.id) else f"{video_id}:x{digest_of(item.text)[:12]}"
    if not ROW_ID.fullmatch(named):
        return None
    return Row(
        id=named,
        source_id=named,
        video_id=video_id,
        video_title="",
        question="",
        answer=tidy(item.text)[:_EXCERPT],
        generator=REFUSED,
        status="dropped",
        reason=item.reason,
    )


def damage(question: str, answer: str) -> DropReason | None:
    """Why a pair cannot be used whatever the settings say."""
    if max(len(question), len(answer)) > MAX_CHARACTERS:
        return "too_long"
    if not (question.strip() and answer.strip()):
        return "empty"
    return None if is_readable(question + answer) else "unreadable_text"


# --- reading answers, whatever they hold -------------------------------------


def read_answers(path: Path) -> tuple[list[Answer], list[Dropped]]:
    """Read one video's `answers/<id>.json`; text that pydantic refuses does not stop it.

    Raises:
        DataError: The file is missing, no JSON, or no such document.
    """
    raw = scrub(artifacts.read_json(path))
    try:
        document = cast("Mapping[str, Any]", raw)
        items = [Answer.model_validate(item) for item in document["items"]]
        return items, [Dropped.model_validate(item) for item in document.get("dropped", ())]
    except ValidationError as error:
        problem = artifacts.first_problem(error)
        raise DataError(f"{path} holds no answers: {problem}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is no document with `items`") from error


def read_bundle(path: Path) -> Iterator[Answer]:
    """Read an imported bundle, one answer per line.

    Raises:
        RowError: A line is no answer; names its number.
    """
    return (_answer(line, path, number) for number, line in artifacts.numbered_lines(path))


def _answer(line: str, path: Path, number: int) -> Answer:
    try:
        return Answer.model_validate(scrub(json.loads(line)))
    except ValidationError as error:
        problem = artifacts.first_problem(error)
        raise RowError(path, number, f"no Answer: {problem}") from error
    except (ValueError, RecursionError) as error:
        raise RowError(path, number, f"not JSON: {error}") from error


def scrub(value: Any) -> Any:
    """Replace lone surrogates in any JSON value by U+FFFD."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [scrub(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: scrub(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


# --- what all stages do with rows --------------------------------------------


def drop(row: Row, reason: DropReason, **changes: Any) -> Row:
    """Copy a row as dropped. A dropped row belongs to no part."""
    return row.model_copy(update={"status": "dropped", "reason": reason, "part": None, **changes})


def kept(rows: Iterable[Row]) -> list[Row]:
    """The rows that are still in."""
    return [row for row in rows if row.status == "kept"]


def rows_account(rows: Iterable[Row]) -> Account:
    """The first stage's account: every answer that was offered. What the passes refused is theirs."""
    own = [row.reason for row in rows if row.generator != REFUSED]
    return fates_account("rows", own)


def account_of(stage: str, before: Iterable[Row], after: Iterable[Row]) -> Account:
    """Count what one stage did: rows that entered kept, left kept, and why the others did not.

    Rows are paired by position: a stage keeps the order and the number of rows.
    """
    fates = [new.reason for old, new in zip(before, after, strict=True) if is_kept(old)]
    return fates_account(stage, fates)


def fates_account(stage: str, fates: Sequence[str | None], *, unit: str = "row") -> Account:
    """Count what became of a stage's rows: None for a kept one, and the others' reasons."""
    return account(stage, unit, produced=fates.count(None), dropped=[one for one in fates if one])


def read_rows(path: Path) -> list[Row]:
    """Read `rows.parquet`.

    Raises:
        DataError: It is missing, no Parquet, or holds something else.
    """
    return artifacts.read_parquet(path, Row)


def iter_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of `rows.parquet`, a batch at a time in memory.

    Raises:
        DataError: It is missing, no Parquet, or holds something else.
    """
    return artifacts.iter_parquet(path, Row)


def rows_writer(rows: Iterable[Row]) -> Callable[[Path], Artifact]:
    """A writer for `artifacts.publish`. Equal rows give equal bytes."""
    return lambda path: artifacts.write_parquet(path, rows, SCHEMA)


def has_odd_hyphens(answer: Answer) -> bool:
    """Whether it carries the teacher's U+2011 hyphens, as 667 of the 1,709 real ones do."""
    return "\u2011" in answer.question + answer.answer


def by_video(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Group rows by video, in order of the video's id."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.video_id, []).append(row)
    return iter(sorted(groups.items()))
