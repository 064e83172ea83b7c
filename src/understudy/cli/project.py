"""What all commands share: the options that name a channel, and the way to its project."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from understudy.errors import ConfigError
from understudy.settings import Settings, load_settings, parse_assignments
from understudy.workspace import Workspace, find_root

F = TypeVar("F", bound=Callable[..., Any])

config_option = click.option(
    "--config", required=True, help="The channel's YAML, such as config/demo.yaml."
)
set_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override one setting, such as train.epochs=3. May come often.",
)
PORT = click.IntRange(1, 65535)
verbose_option = click.option("--verbose", is_flag=True, help="Show Prefect's own lines too.")


def configured(function: F) -> F:
    """Add the options that every command that runs a flow takes."""
    return config_option(set_option(verbose_option(function)))


def root_of(context: click.Context) -> Path:
    """Find the project and let its `flows` and `tasks` be imported.

    Raises:
        ProjectError: There is none here.
    """
    root = find_root(Path.cwd(), context.obj)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return root


def config_path(root: Path, config: str) -> str:
    """Return the config's path relative to the root, wherever the user stands.

    Raises:
        ConfigError: It lies outside the project, or is a file's name without its folder or ending.
    """
    candidates = (Path.cwd() / config, root / config)
    found = [one.resolve() for one in candidates if one.is_file()]
    # With --root somebody may stand in another project, which has a file of that name too.
    inside = next((one for one in found if one.is_relative_to(root)), None)
    if found and inside is None:
        raise ConfigError(f"{config} lies outside the project; put it under config/")
    short = root / "config" / f"{Path(config).stem}.yaml"
    if not found and short.is_file():
        raise ConfigError(f"there is no file {config}; did you mean config/{short.name}?")
    return config if inside is None else str(inside.relative_to(root))


def opened(
    context: click.Context, config: str, assignments: tuple[str, ...]
) -> tuple[Settings, Workspace]:
    """Read a channel's settings for a command that needs no flow.

    Raises:
        ProjectError: There is no project here.
        ConfigError: The settings cannot be used.
    """
    root = root_of(context)
    settings = load_settings(root / config_path(root, config), parse_assignments(assignments))
    return settings, Workspace(root, settings.channel.name)
