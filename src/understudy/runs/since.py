"""How much there is to learn that the last training did not see."""

from __future__ import annotations

from pathlib import Path

from understudy.errors import EvaluationError
from understudy.proof.job import dataset_of
from understudy.rows import ROWS
from understudy.table import table
from understudy.training.runs import newest_run
from understudy.watch import new_training_rows
from understudy.workspace import Workspace


def rows_since_training(workspace: Workspace, dataset: Path) -> int | None:
    """Count a dataset's training rows that the newest run was not trained on.

    Returns:
        None where no run, or not its dataset, is there to compare with.

    Raises:
        DataError: A table of rows cannot be read.
    """
    try:
        trained_on = dataset_of(newest_run(workspace), workspace)
    except EvaluationError:
        return None
    if not (trained_on / ROWS).is_file():
        return None
    return new_training_rows(table(trained_on / ROWS), table(dataset / ROWS))
