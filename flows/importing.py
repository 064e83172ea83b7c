"""Bring in what somebody already has, so that nothing is paid for twice."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from flows.frame import Result, conclude, holding, place_of, tell
from tasks.importing import import_file
from tasks.policy import unwrap
from tasks.project import NOTHING, ConfigFile, open_project
from understudy.accounting import Account
from understudy.artifacts import Artifact
from understudy.settings import Overrides


@flow(name="import", flow_run_name="import · {config}", persist_result=False)
async def import_files(
    files: list[str], config: ConfigFile = "config/jason_fung.yaml", overrides: Overrides = NOTHING
) -> Result:
    """Read transcripts, questions or question-answer pairs into the channel's folders.

    Args:
        files: Paths of JSONL, JSON, CSV or Parquet files.
        config: The channel's YAML, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.

    Raises:
        DataError: A file's shape is not known, or a line of it does not parse; nothing of that
            file was imported.
    """
    project = open_project(config, overrides)
    accounts: list[Account] = []
    taken: dict[str, Artifact] = {}
    with holding(project.workspace):
        for name in files:
            outcome = unwrap(
                import_file(
                    project.workspace, Path(name), language=project.settings.channel.language
                )
            )
            accounts.append(outcome.account)
            taken |= {one.path.name: one for one in outcome.files.values()}
            tell(outcome.account)
        places = {"import": place_of(project.workspace, taken)}
        await conclude("import", accounts, places)
    return Result(accounts=tuple(accounts), files={}, places=places)
