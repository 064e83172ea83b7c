"""From a config file's name to the settings and folders a flow works with."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler

from understudy.errors import ConfigError
from understudy.logfile import keep_log
from understudy.settings import Overrides, Settings, channel_files, load_settings
from understudy.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
"""The checkout: `tasks/` is never installed, so it always lies in one."""

NOTHING = Overrides()
"""The default of every flow's `overrides`: the form then starts empty."""


@dataclass(frozen=True)
class _OneOf:
    """Has a form offer files of the project to choose from; what is called from Python may name others."""

    files: Callable[[Path], list[Path]]
    """Finds them, given the root."""

    def __get_pydantic_json_schema__(
        self, core_schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = [str(path.relative_to(ROOT)) for path in self.files(ROOT)]
        return {**handler(core_schema), **({"enum": found} if found else {})}


def _sweep_files(root: Path) -> list[Path]:
    return sorted((root / "config" / "sweeps").glob("*.yaml"))


ConfigFile = Annotated[str, _OneOf(channel_files)]
"""A channel's YAML, relative to the project."""
SweepFile = Annotated[str, _OneOf(_sweep_files)]
"""What a sweep tries, relative to the project."""


@dataclass(frozen=True)
class Project:
    """One channel's settings and folders."""

    settings: Settings
    workspace: Workspace
    config: str
    """Path of the YAML, relative to the root."""


def open_project(config: str, overrides: Overrides = NOTHING) -> Project:
    """Read the settings of one channel, and have what the run says kept in the log file.

    Args:
        config: Path of the YAML, relative to the project's root or absolute.
        overrides: From the Prefect form or the command line; what was not set changes nothing.

    Raises:
        ConfigError: The file or a value in it cannot be used, or it lies outside the project.
    """
    keep_log(os.environ)
    path = (ROOT / config).resolve()
    if not path.is_relative_to(ROOT):
        raise ConfigError(f"{config} lies outside the project at {ROOT.name}/")
    changes: dict[str, Any] = overrides.model_dump(exclude_unset=True)
    settings = load_settings(path, changes)
    return Project(
        settings=settings,
        workspace=Workspace(root=ROOT, channel=settings.channel.name),
        config=str(path.relative_to(ROOT)),
    )
