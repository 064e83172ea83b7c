"""Transcripts to a dataset: ask, answer, deduplicate, filter, split, augment, export."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import flow

from flows.asking import ask, listed
from flows.auditing import auditor_for
from flows.frame import Places, Result, conclude, holding, place_of, tell
from flows.spread import search_by
from flows.variants import writer_for
from flows.workers import Workers, workers_of
from tasks.audit import audit_rows
from tasks.augment import augment_rows
from tasks.dataset import export_dataset
from tasks.dedup import deduplicate
from tasks.filter import filter_rows
from tasks.policy import Outcome, unwrap
from tasks.project import NOTHING, ConfigFile, Project, open_project
from tasks.rows import collect_rows
from tasks.split import LEAK, split_rows
from understudy.accounting import Account
from understudy.artifacts import Artifact
from understudy.errors import EmptyStageError
from understudy.settings import Overrides
from understudy.workspace import Workspace

ROWS = "rows.parquet"


@flow(name="build-dataset", flow_run_name="build-dataset · {config}", persist_result=False)
async def build_dataset(
    config: ConfigFile = "config/jason_fung.yaml",
    overrides: Overrides = NOTHING,
    videos: list[str] | None = None,
) -> Result:
    """Turn the channel's transcripts and imported pairs into a dataset.

    Args:
        config: The channel's YAML, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.
        videos: Ids of the videos that the teacher is asked about; what it said of others before
            is in the dataset too. Without, all.

    Raises:
        YieldError: A stage produced less than its floor.
        EmptyStageError: There is nothing to make a dataset of.
    """
    project = open_project(config, overrides)
    with holding(project.workspace), workers_of(project.settings.scaling) as workers:
        asked = await ask(project, workers, videos)
        made = await assemble(project, workers=workers)
        accounts = (*asked, *(one.account for one in made))
        places = _places(project.workspace, asked, made)
        floors = project.settings.floors
        await conclude(
            "build-dataset",
            accounts,
            places,
            {"questions": floors.questions, "answers": floors.answers, "dataset": floors.dataset},
        )
    files = {name: one.path for name, one in made[-1].files.items()}
    return Result(accounts=accounts, files=files, places=places)


def _places(workspace: Workspace, asked: Sequence[Account], made: Sequence[Outcome]) -> Places:
    """Where the files of both passes, a folder each, and of the stages after them lie."""
    passes = {one.stage: (workspace.relative(workspace.data / one.stage),) for one in asked}
    return passes | {one.account.stage: place_of(workspace, one.files) for one in made}


async def assemble(project: Project, *, workers: Workers | None) -> tuple[Outcome, ...]:
    """All set-wide stages, each reading the table of rows that the one before published.

    Returns:
        Their outcomes; the last is the dataset's.
    """
    workspace, settings = project.workspace, project.settings
    made: list[Outcome] = []

    def step(outcome: Outcome) -> Artifact:
        made.append(outcome)
        tell(outcome.account)
        return outcome.files[ROWS]

    rows = step(unwrap(collect_rows(workspace, video_ids=known(project))))
    search = search_by(workers, workspace.stages)
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
    divided = unwrap(split_rows(workspace, rows, settings=settings.split))
    rows = step(divided)
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
    leak = divided.files[LEAK]
    step(unwrap(export_dataset(workspace, rows, leak=leak, settings=settings)))
    return tuple(made)


def known(project: Project) -> list[str]:
    """Ids of the videos whose answers belong into this dataset.

    Raises:
        EmptyStageError: None was collected or imported yet.
    """
    videos = [v.video_id for v in listed(project) if v.status in {"transcribed", "imported"}]
    if not videos:
        raise EmptyStageError(
            f"the channel {project.workspace.channel} has no transcript and no imported pair yet: "
            f"run `understudy collect --config {project.config}` or `understudy import` first"
        )
    return videos
