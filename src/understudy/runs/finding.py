"""Which folder a person means by a run."""

from __future__ import annotations

from pathlib import Path

from understudy.errors import DataError
from understudy.training.runs import RUN_ID


def all_runs(root: Path, channel: str | None = None) -> list[Path]:
    """Folders of runs, oldest first, finished or not.

    Args:
        root: Of the project.
        channel: Only this channel's.
    """
    models = root / "models"
    folders = models.glob(f"{channel}/*" if channel else "*/*")
    found = [one for one in folders if RUN_ID.fullmatch(one.name) and one.is_dir()]
    return sorted(found, key=lambda one: (one.name, one.parent.name))


def find_run(root: Path, named: str) -> Path:
    """The run of that id, of a unique part of one, or `latest`.

    Args:
        named: An id, a part of one such as its digest, or a run's folder.

    Raises:
        DataError: No run, or more than one, is called that.
    """
    runs = all_runs(root)
    if not runs:
        raise DataError(
            "there is no run yet: run `understudy train` or `understudy pipeline` first"
        )
    if named == "latest":
        return runs[-1]
    name = Path(named).name or named
    exact = [one for one in runs if one.name == name]
    found = exact or [one for one in runs if name in one.name]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{one.parent.name}/{one.name}" for one in found[:4])
        raise DataError(f"{named!r} is part of {len(found)} runs: {ids}. Name more of the one")
    raise DataError(f"there is no run {named!r}: `understudy runs` lists those that there are")
