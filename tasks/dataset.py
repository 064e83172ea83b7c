"""Publish the dataset under a name made from everything that determines it."""

from __future__ import annotations

from prefect import task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from tasks.policy import STAGE, Outcome, from_manifest
from understudy.analysis.figures import figures_of
from understudy.analysis.making import Known, analysed
from understudy.artifacts import Artifact, read_record
from understudy.dataset import dataset_account, dataset_recipe, dataset_writers
from understudy.leak import LeakReport
from understudy.manifests import fresh, publish
from understudy.settings import Settings
from understudy.table import table
from understudy.workspace import Workspace


@task(name="dataset", task_run_name="dataset", **STAGE)
def export_dataset(
    workspace: Workspace, rows: Artifact, *, leak: Artifact, settings: Settings
) -> Outcome | State[Outcome]:
    """Publish `data/<channel>/dataset/<digest>/`: chat files, all rows, page, card and analysis.

    Args:
        leak: What the split measured of these rows; to measure it again takes as long.

    Raises:
        EmptyStageError: Nothing is left to train on.
    """
    made_of = dataset_recipe(rows.sha256, settings)
    folder = workspace.datasets / made_of.digest[:12]
    if (ready := fresh(folder, made_of)) and ready.account:
        analysed(folder, settings, workspace.root)
        return from_manifest(folder, ready.account, ready.resolved(folder))

    all_rows = table(rows.path)
    account = dataset_account(all_rows)
    figures = figures_of(all_rows)
    measured = read_record(leak.path, LeakReport)
    writers = dataset_writers(all_rows, settings, figures, measured)
    files = publish(folder, writers, made_of, account)
    analysed(folder, settings, workspace.root, Known(all_rows, figures))

    get_run_logger().info("%s holds %d rows", workspace.relative(folder), account.produced)
    return Outcome(account=account, files=files, folder=folder)
