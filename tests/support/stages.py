"""The set-wide stages run one after the other on a small channel, without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tasks.augment import augment_rows
from tasks.dataset import export_dataset
from tasks.dedup import deduplicate
from tasks.filter import filter_rows
from tasks.policy import Outcome, unwrap
from tasks.rows import collect_rows
from tasks.split import split_rows
from tests.support.rows import answer_of, many_rows
from understudy.accounting import account
from understudy.artifacts import write_json, write_jsonl
from understudy.manifests import Document
from understudy.paraphrase import RuleWriter
from understudy.records import Answer, Dropped
from understudy.settings import Settings
from understudy.workspace import Workspace


def small_channel(root: Path) -> Workspace:
    """Twelve answered videos and one import, with a bad row in each."""
    here = Workspace(root=root, channel="demo")
    for video in range(12):
        write_video(here, video)
    imported = [
        answer_of("bundle:q01", question="Is an imported pair a row too?", generator="import"),
        answer_of("bundle:q02", answer="A NUL \x00.", generator="import"),
    ]
    write_jsonl(here.imports / "abc.jsonl", imported)
    return here


def write_video(workspace: Workspace, number: int) -> None:
    answers = [
        answer_of(row.id, question=row.question, answer=row.answer)
        for row in many_rows(number + 1)
        if row.video_id == f"v{number}"
    ]
    refused = Dropped(id=f"v{number}:q09", reason="unsupported", text="Invented.")
    document = Document[Answer](
        recipe=None,
        items=tuple(answers),
        dropped=(refused,),
        account=account("answers", "answer", produced=len(answers), dropped=["unsupported"]),
    )
    write_json(workspace.answers(f"v{number}"), document)


def line(workspace: Workspace, settings: Settings, videos: int = 12) -> list[Outcome]:
    """All six stages in order."""
    ids = [f"v{number}" for number in range(videos)]
    outcomes = [unwrap(collect_rows.fn(workspace, video_ids=ids))]

    def rows():
        return outcomes[-1].files["rows.parquet"]

    language = settings.channel.language
    outcomes.append(unwrap(deduplicate.fn(workspace, rows(), settings=settings.dedup)))
    outcomes.append(
        unwrap(filter_rows.fn(workspace, rows(), settings=settings.filter, language=language))
    )
    outcomes.append(unwrap(split_rows.fn(workspace, rows(), settings=settings.split)))
    varied = augment_rows.fn(
        workspace,
        rows(),
        settings=settings.augment,
        checks=settings.filter,
        language=language,
        purge_threshold=settings.split.purge_threshold,
        writer=RuleWriter(language=language, seed=settings.augment.seed),
    )
    outcomes.append(unwrap(asyncio.run(varied)))
    leak = outcomes[3].files["leak.json"]
    outcomes.append(unwrap(export_dataset.fn(workspace, rows(), leak=leak, settings=settings)))
    return outcomes
