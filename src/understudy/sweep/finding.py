"""Finished sweeps on disk."""

from __future__ import annotations

from collections.abc import Mapping

from understudy.artifacts import read_record
from understudy.manifests import MANIFEST, Manifest
from understudy.sweep.job import FOLDER
from understudy.sweep.result import RESULT, SweepResult
from understudy.workspace import Workspace


def sweeps_on(workspace: Workspace, inputs: Mapping[str, str]) -> dict[str, SweepResult]:
    """The sweeps of a channel that trained on a dataset and a base, by their folders' names.

    Args:
        inputs: Digests of the dataset's parts and the base's files, as in a sweep's recipe.

    Raises:
        DataError: A sweep's file cannot be read.
    """
    found: dict[str, SweepResult] = {}
    for path in sorted((workspace.models / FOLDER).glob(f"*/{RESULT}")):
        beside = path.parent / MANIFEST
        if not beside.exists():  # being written, or damaged
            continue
        made_of = read_record(beside, Manifest).recipe.inputs
        if inputs.items() <= made_of.items():
            found[path.parent.name] = read_record(path, SweepResult)
    return found
