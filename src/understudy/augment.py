"""Variants of training rows, made after the split and for train alone.

Augmenting before the split puts a sibling of 99 % of the validation rows into
train (FACTS 4). A variant carries its source's id, passes the checks its source
passed, and differs from its source and from every held-out row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from understudy.artifacts import numbered_lines
from understudy.dedup import normalise
from understudy.errors import RowError
from understudy.form import form_of
from understudy.pairs import near_matches
from understudy.paraphrase import Paraphraser, briefly
from understudy.quality import Check, judge, policy_of
from understudy.records import DropReason, Record, Row, digest_of
from understudy.rows import drop, kept, scrub, tidy
from understudy.settings import AugmentSettings, FilterSettings
from understudy.split import HELD_OUT, comparable

VERSION = "1"
REPLAY = "replay"
"""Stands for the video of rows that come from a replay file."""
_SHORTER = 0.7
"""A short answer has at most this share of the characters of the full one."""


class Replay(Record):
    """One exchange of general chat, mixed in against forgetting."""

    question: str
    answer: str


def planned_variants(
    rows: Sequence[Row], settings: AugmentSettings, *, reword: Paraphraser, language: str
) -> list[Row]:
    """Draft the variants of training rows; nothing is checked yet.

    Which rows get variants depends on the seed and their ids alone. Ids are `<source>:p1`,
    `:p2`, … for paraphrased questions and `<source>:s1` for a short answer; what is among `rows`
    already is not drafted again.
    """
    sources = [row for row in kept(rows) if row.part == "train" and row.kind == "original"]
    drafts: list[Row] = []
    for row in sources:
        if settings.paraphrases and _chosen(row.id, settings.share, f"{settings.seed}/p"):
            wordings = reword(
                row.question, count=settings.paraphrases, seed=f"{settings.seed}/{row.id}"
            )
            drafts += [
                _variant(row, f"p{number}", "paraphrase", question=wording)
                for number, wording in enumerate(wordings, start=1)
            ]
        if _chosen(row.id, settings.short_answers, f"{settings.seed}/s"):
            short = short_answer(row.answer)
            question = briefly(row.question, language)
            drafts += (
                [_variant(row, "s1", "short", question=question, answer=short)] if short else []
            )
    present = {row.id for row in rows}
    return [draft for draft in drafts if draft.id not in present]


def replayed(
    replays: Sequence[Replay], rows: Sequence[Row], settings: AugmentSettings
) -> list[Row]:
    """Turn as many exchanges as `settings.replay_share` asks for into training rows."""
    train = sum(row.part == "train" and row.kind == "original" for row in kept(rows))
    wanted = round(settings.replay_share * train)
    made = {row.id: row for row in map(_replay_row, replays)}
    order = sorted(made, key=lambda name: digest_of(f"{settings.seed}/{name}"))
    present = {row.id for row in rows}
    return [made[name] for name in order[:wanted] if name not in present]


def checked_variants(
    drafts: Sequence[Row],
    rows: Sequence[Row],
    *,
    checks: FilterSettings,
    language: str,
    threshold: float,
) -> list[Row]:
    """Drop the drafts that must not enter train.

    Args:
        rows: The dataset after the split.
        checks: The rules every row passes.
        threshold: Similarity to a held-out question above which a variant is dropped, as the
            split's purge has it.

    Returns:
        The drafts in their order: kept, or dropped as `equals_source`, `duplicate_row`,
        `near_heldout` or for a defect.
    """
    held_out = [row for row in kept(rows) if row.part in HELD_OUT]
    near = near_matches(comparable(drafts), comparable(held_out), threshold=threshold)
    leaking = set(near.left.tolist())
    answers = {normalise(row.answer, "full") for row in held_out}
    sources = {row.id: row for row in rows}
    seen = {_content(row) for row in kept(rows)}
    result: list[Row] = []
    for index, draft in enumerate(drafts):
        source = sources.get(draft.source_id)
        reason: DropReason | None = None
        if source is not None and _content(source) == _content(draft):
            reason = "equals_source"
        elif _content(draft) in seen:
            reason = "duplicate_row"
        elif index in leaking or normalise(draft.answer, "full") in answers:
            reason = "near_heldout"
        result.append(drop(draft, reason) if reason else _judged(draft, checks, language))
        seen.add(_content(draft))
    return result


def short_answer(answer: str) -> str | None:
    """The answer's first two blocks, its lead and one paragraph, or None where that is no shorter."""
    blocks = [block.strip() for block in answer.split("\n\n") if block.strip()]
    if len(blocks) < 3:
        return None
    short = "\n\n".join(blocks[:2])
    form = form_of(short)
    fits = len(short) <= _SHORTER * len(answer) and not form.list and not short.endswith(":")
    return short if fits else None


def read_replays(path: Path) -> list[Replay]:
    """Read chat rows: `messages` with a user's and an assistant's turn, or a pair of columns
    `question` and `answer`, `instruction` and `output`, or `prompt` and `completion`.

    Raises:
        RowError: A line is none of these; names its number.
        DataError: The file is missing or unreadable.
    """
    return [_replay(line, path, number) for number, line in numbered_lines(path)]


_COLUMNS = (("question", "answer"), ("instruction", "output"), ("prompt", "completion"))


def _replay(line: str, path: Path, number: int) -> Replay:
    try:
        raw: Any = scrub(json.loads(line))
        fields = cast("Mapping[str, Any]", raw)
        if "messages" in fields:
            turns = {turn["role"]: turn["content"] for turn in reversed(fields["messages"])}
            question, answer = turns["user"], turns["assistant"]
        else:
            asked, told = next(pair for pair in _COLUMNS if set(pair) <= fields.keys())
            question, answer = fields[asked], fields[told]
        return Replay(question=tidy(str(question)), answer=tidy(str(answer)))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise RowError(
            path,
            number,
            "no chat row: needs messages, question and answer, or instruction and output",
        ) from error


def _replay_row(replay: Replay) -> Row:
    name = f"{REPLAY}:x{digest_of(replay.model_dump_json())[:12]}"
    return Row(
        id=name,
        source_id=name,
        kind="replay",
        video_id=REPLAY,
        video_title="",
        question=replay.question,
        answer=replay.answer,
        generator="import",
        part="train",
    )


def _chosen(row_id: str, share: float, seed: str) -> bool:
    position = int(digest_of(f"{seed}/{row_id}")[:16], 16) / 2**64
    return position < share


def _variant(row: Row, suffix: str, kind: str, **changes: str) -> Row:
    update: dict[str, Any] = {
        "id": f"{row.id}:{suffix}",
        "source_id": row.id,
        "kind": kind,
        **changes,
    }
    return row.model_copy(update={**update, "cluster": None, "findings": ()})


def _judged(draft: Row, checks: FilterSettings, language: str) -> Row:
    findings: Iterable[Check] = judge(draft, checks, language)
    fatal: list[Check] = [name for name in findings if policy_of(name, draft, checks) == "drop"]
    if fatal and draft.kind != "replay":
        return drop(draft, fatal[0], findings=tuple(findings))
    return draft.model_copy(update={"findings": tuple(findings)})


def _content(row: Row) -> tuple[str, str]:
    return normalise(row.question, "full"), normalise(row.answer, "full")
