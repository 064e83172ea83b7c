"""What became of the rows on their way into the dataset, told from its own table."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.accounting import Account, account
from understudy.proof.report import PartCount
from understudy.records import DropReason, Part, Row
from understudy.rows import REFUSED

_ROWS: frozenset[DropReason] = frozenset(
    {"duplicate_id", "empty", "too_long", "unreadable_text", "reviewed"}
)
_DEDUP: frozenset[DropReason] = frozenset({"near_duplicate", "duplicate_row"})
_SPLIT: frozenset[DropReason] = frozenset({"near_heldout", "near_reviewed"})
_PARTS: tuple[Part, ...] = ("train", "valid", "test")


def parts_of(rows: Sequence[Row]) -> tuple[PartCount, ...]:
    """Size of each part, variants included."""
    kept = [row for row in rows if row.status == "kept"]
    return tuple(
        PartCount(
            part=part,
            rows=sum(row.part == part for row in kept),
            videos=len({row.video_id for row in kept if row.part == part}),
        )
        for part in _PARTS
    )


def accounts_of(rows: Sequence[Row]) -> tuple[Account, ...]:
    """Account of each step between questions and dataset, by the reasons the rows carry.

    What the teacher's passes refused is in the table too, and is nobody else's doing.
    """
    originals = [row for row in rows if row.kind == "original"]
    by_stage: dict[str, list[str]] = {
        "passes": [], "rows": [], "dedup": [], "filter": [], "split": []
    }  # fmt: skip
    for row in originals:
        if row.reason is not None:
            by_stage[_stage(row, row.reason)].append(row.reason)
    left = len(originals)
    accounts: list[Account] = []
    for name, reasons in by_stage.items():
        left -= len(reasons)
        if reasons or name in {"dedup", "filter", "split"}:
            accounts.append(account(name, "row", produced=left, dropped=reasons))
    if variants := [row for row in rows if row.kind != "original"]:
        lost = [row.reason for row in variants if row.reason is not None]
        kept = len(variants) - len(lost)
        accounts.append(account("augment", "variant", produced=kept, dropped=lost))
    return tuple(accounts)


def _stage(row: Row, reason: DropReason) -> str:
    if row.generator == REFUSED:
        return "passes"
    if reason in _ROWS:
        return "rows"
    if reason in _DEDUP:
        return "dedup"
    return "split" if reason in _SPLIT else "filter"
