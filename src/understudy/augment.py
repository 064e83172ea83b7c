"""What of the variants may enter train.

Augmenting before the split puts a sibling of 99 % of the validation rows into
train (FACTS 4). So variants are made after it and of train rows alone; each
carries its source's id, passes the checks its source passed, and differs from
its source and from every held-out row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from understudy.dedup import normalise
from understudy.quality import Check, judge, policy_of
from understudy.records import DropReason, Row
from understudy.rows import drop, kept
from understudy.settings import FilterSettings
from understudy.similarity.pairs import with_a_match
from understudy.split import HELD_OUT, comparable

VERSION = "2"


def checked_variants(
    drafts: Sequence[Row],
    rows: Sequence[Row],
    *,
    checks: FilterSettings,
    language: str,
    threshold: float,
) -> list[Row]:
    """Drop the drafts that must not enter train.

    A draft that a person insists on is judged for what it repeats or leaks, and not for defects.

    Args:
        drafts: As reviewed; what a person dropped stays so.
        rows: The dataset after the split.
        checks: The rules every row passes.
        threshold: Similarity to a held-out question above which a variant is dropped, as the
            split's purge has it.

    Returns:
        The drafts in their order: kept, or dropped as `equals_source`, `duplicate_row`,
        `near_heldout` or for a defect.
    """
    held_out = [row for row in kept(rows) if row.part in HELD_OUT]
    near = with_a_match(comparable(drafts), comparable(held_out), threshold=threshold)
    answers = {normalise(row.answer, "full") for row in held_out}
    sources = {row.id: row for row in rows}
    seen = {_content(row) for row in kept(rows)}
    result: list[Row] = []
    for index, draft in enumerate(drafts):
        if draft.status == "dropped":
            result.append(draft)
            continue
        source = sources.get(draft.source_id)
        reason: DropReason | None = None
        if source is not None and _content(source) == _content(draft):
            reason = "equals_source"
        elif _content(draft) in seen:
            reason = "duplicate_row"
        elif near[index] or normalise(draft.answer, "full") in answers:
            reason = "near_heldout"
        result.append(drop(draft, reason) if reason else _judged(draft, checks, language))
        seen.add(_content(draft))
    return result


def _judged(draft: Row, checks: FilterSettings, language: str) -> Row:
    findings: Iterable[Check] = judge(draft, checks, language)
    fatal: list[Check] = [name for name in findings if policy_of(name, draft, checks) == "drop"]
    if fatal and draft.kind != "replay" and not draft.insisted:
        return drop(draft, fatal[0], findings=tuple(findings))
    return draft.model_copy(update={"findings": tuple(findings)})


def _content(row: Row) -> tuple[str, str]:
    return normalise(row.question, "full"), normalise(row.answer, "full")
