"""A finished run, made ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.artifacts import read_json
from understudy.errors import DataError
from understudy.manifests import MANIFEST
from understudy.models import chat_template, check_base, find_base
from understudy.records import digest_of
from understudy.runs.finding import find_run


@dataclass(frozen=True)
class OpenRun:
    """Where a tuned model's parts lie."""

    folder: Path
    base: Path
    system_prompt: str | None
    """What the training put before each question."""
    template_same: bool
    """Whether the base's chat template is the one of the training."""


def open_run(root: Path, named: str) -> OpenRun:
    """Find a run and its base.

    Raises:
        DataError: There is no such run, or it is not trained to its end.
        BaseModelError: Its base is not there.
    """
    folder = find_run(root, named)
    if not (folder / MANIFEST).is_file():
        raise DataError(f"the run {folder.name} is not trained to its end: run `understudy train`")
    metadata = read_json(folder / "run_metadata.json")
    base = find_base(str(metadata["base"]["name"]), root)
    check_base(base)
    trained_with = metadata["base"].get("sha256", {}).get("template")
    return OpenRun(
        folder=folder,
        base=base,
        system_prompt=metadata.get("hyperparameters", {}).get("system_prompt"),
        template_same=trained_with in {None, digest_of(chat_template(base))},
    )
