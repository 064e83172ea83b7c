"""Transcripts to a dataset: ask, answer, deduplicate, filter, split, augment, export."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prefect import flow

from flows.auditing import auditor_for
from flows.frame import Result, conclude, holding, lost, tell
from flows.spread import search_by
from flows.teacher_meter import metered
from flows.variants import writer_for
from tasks.answers import write_answers
from tasks.audit import audit_rows
from tasks.augment import augment_rows
from tasks.dataset import export_dataset
from tasks.dedup import deduplicate
from tasks.filter import filter_rows
from tasks.policy import Outcome, unwrap
from tasks.project import NOTHING, Project, open_project
from tasks.questions import write_questions
from tasks.rows import collect_rows
from tasks.split import split_rows
from tasks.teacher import open_teacher
from understudy.accounting import Account, account, merge
from understudy.artifacts import Artifact, read_jsonl
from understudy.errors import EmptyStageError, UnderstudyError
from understudy.records import Video
from understudy.settings import Overrides
from understudy.teacher.protocol import Teacher

ROWS = "rows.parquet"


@flow(name="build-dataset", flow_run_name="build-dataset · {config}", persist_result=False)
async def build_dataset(
    config: str = "config/jason_fung.yaml", overrides: Overrides = NOTHING
) -> Result:
    """Turn the channel's transcripts and imported pairs into a dataset.

    Args:
        config: The channel's YAML, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.

    Raises:
        YieldError: A stage produced less than its floor.
        EmptyStageError: There is nothing to make a dataset of.
    """
    project = open_project(config, overrides)
    with holding(project.workspace):
        asked = await ask(project)
        accounts, files = await assemble(project, before=asked)
        floors = project.settings.floors
        await conclude(
            "build-dataset",
            accounts,
            {"questions": floors.questions, "answers": floors.answers, "dataset": floors.dataset},
        )
    return Result(accounts=accounts, files={name: one.path for name, one in files.items()})


async def ask(project: Project) -> list[Account]:
    """Both passes over every transcript, the second of a video right after its first.

    So the transcript, which both share as their prompt's beginning, is still in
    the provider's cache; the engine inside the teacher holds the limits.
    """
    videos = transcribed(project)
    if not videos:
        return []
    async with open_teacher(project) as teacher, metered(project, teacher):
        results = await asyncio.gather(
            *(_both(project, video, teacher) for video in videos), return_exceptions=True
        )
    pairs: list[tuple[Account, Account]] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        pairs.append(result)
    accounts = [
        _summed("questions", "question", [asked for asked, _ in pairs]),
        _summed("answers", "answer", [answered for _, answered in pairs]),
    ]
    for one in accounts:
        tell(one)
    return accounts


async def _both(project: Project, video: str, teacher: Teacher) -> tuple[Account, Account]:
    """Ask about one video, then answer what was asked; each pass that fails accounts for itself.

    A first pass that fails counts as the least number of questions a video gets: how many there
    would have been nobody knows.

    Raises:
        UnderstudyError: Nothing can go on.
    """
    workspace, settings = project.workspace, project.settings
    try:
        asked = await write_questions(
            workspace, video, teacher=teacher, channel=settings.channel, settings=settings.questions
        )
    except UnderstudyError as error:
        none = account("answers", "answer", produced=0)
        return lost("questions", "question", count=settings.questions.minimum, error=error), none
    questions = unwrap(asked).account
    try:
        answered = await write_answers(
            workspace, video, teacher=teacher, channel=settings.channel, settings=settings.answers
        )
    except UnderstudyError as error:
        return questions, lost("answers", "answer", count=questions.produced, error=error)
    return questions, unwrap(answered).account


def _summed(stage: str, unit: str, parts: Sequence[Account]) -> Account:
    """Add up the videos' accounts; of what they have to say, the first three are enough."""
    whole = merge(stage, unit, parts)
    return whole.model_copy(update={"notes": whole.notes[:3]})


async def assemble(
    project: Project, *, before: Sequence[Account]
) -> tuple[tuple[Account, ...], dict[str, Artifact]]:
    """All set-wide stages, each reading the table of rows that the one before published."""
    workspace, settings = project.workspace, project.settings
    accounts = list(before)

    def step(outcome: Outcome) -> Artifact:
        accounts.append(outcome.account)
        tell(outcome.account)
        return outcome.files[ROWS]

    rows = step(unwrap(collect_rows(workspace, video_ids=known(project))))
    search = search_by(settings.scaling, workspace.stages)
    rows = step(unwrap(deduplicate(workspace, rows, settings=settings.dedup, search=search)))
    rows = step(
        unwrap(
            filter_rows(
                workspace, rows, settings=settings.filter, language=settings.channel.language
            )
        )
    )
    if settings.audit.policy != "keep":
        auditor = auditor_for(project)
        judged = await audit_rows(workspace, rows, settings=settings.audit, auditor=auditor)
        rows = step(unwrap(judged))
    rows = step(unwrap(split_rows(workspace, rows, settings=settings.split)))
    rows = step(
        unwrap(
            await augment_rows(
                workspace,
                rows,
                settings=settings.augment,
                checks=settings.filter,
                language=settings.channel.language,
                purge_threshold=settings.split.purge_threshold,
                writer=writer_for(project),
            )
        )
    )
    exported = unwrap(export_dataset(workspace, rows, settings=settings))
    step(exported)
    return tuple(accounts), dict(exported.files)


def transcribed(project: Project) -> list[str]:
    """Ids of the videos that have a transcript, in the ledger's order."""
    return [v.video_id for v in _ledger(project) if v.status == "transcribed"]


def known(project: Project) -> list[str]:
    """Ids of the videos whose answers belong into this dataset.

    Raises:
        EmptyStageError: None was collected or imported yet.
    """
    videos = [v.video_id for v in _ledger(project) if v.status in {"transcribed", "imported"}]
    if not videos:
        raise EmptyStageError(
            f"the channel {project.workspace.channel} has no transcript and no imported pair yet: "
            f"run `understudy collect --config {project.config}` or `understudy import` first"
        )
    return videos


def _ledger(project: Project) -> list[Video]:
    path = project.workspace.videos
    return read_jsonl(path, Video) if path.exists() else []
