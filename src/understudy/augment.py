"""What of the variants may enter train.

Augmenting before the split puts a sibling of 99 % of the validation rows into
train (FACTS 4). So variants are made after it and of train rows alone; each
carries its source's id, passes the checks its source passed, and differs from
its source and from every held-out row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from understudy.dedup import normalise
from understudy.quality import Check, judge, policy_of
from understudy.records import DropReason, Row, digest_of
from understudy.rows import drop
from understudy.settings import FilterSettings
from understudy.similarity.pairs import with_a_match
from understudy.split import HELD_OUT, comparable
from understudy.table import Rows, is_kept

VERSION = "2"


def checked_variants(
    drafts: Rows,
    rows: Rows,
    *,
    checks: FilterSettings,
    language: str,
    threshold: float,
) -> Iterator[Row]:
    """Drop the drafts that must not enter train.

    A draft that a person insists on is judged for what it repeats or leaks, and not for defects.

    Args:
        drafts: As reviewed; what a person dropped stays so.
        rows: The dataset after the split.
        checks: The rules every row passes.
        threshold: Similarity to a held-out question above which a variant is dropped, as the
            split's purge has it.

    Yields:
        The drafts in their order: kept, or dropped as `equals_source`, `duplicate_row`,
        `near_heldout` or for a defect.
    """
    questions: list[str] = []
    answers: set[str] = set()
    contents: dict[str, str] = {}
    for row in filter(is_kept, rows):
        contents[row.id] = _content(row)
        if row.part in HELD_OUT:
            questions.append(comparable(row))
            answers.add(_answer(row))
    near = with_a_match([comparable(draft) for draft in drafts], questions, threshold=threshold)
    seen = set(contents.values())
    for draft, is_near in zip(drafts, near.tolist(), strict=True):
        if not is_kept(draft):
            yield draft
            continue
        content = _content(draft)
        reason: DropReason | None = None
        if contents.get(draft.source_id) == content:
            reason = "equals_source"
        elif content in seen:
            reason = "duplicate_row"
        elif is_near or _answer(draft) in answers:
            reason = "near_heldout"
        yield drop(draft, reason) if reason else _judged(draft, checks, language)
        seen.add(content)


def _judged(draft: Row, checks: FilterSettings, language: str) -> Row:
    findings: Iterable[Check] = judge(draft, checks, language)
    fatal: list[Check] = [name for name in findings if policy_of(name, draft, checks) == "drop"]
    if fatal and draft.kind != "replay" and not draft.insisted:
        return drop(draft, fatal[0], findings=tuple(findings))
    return draft.model_copy(update={"findings": tuple(findings)})


def _answer(row: Row) -> str:
    return digest_of(normalise(row.answer, "full"))


def _content(row: Row) -> str:
    return f"{digest_of(comparable(row))} {_answer(row)}"
