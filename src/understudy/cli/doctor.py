"""`understudy doctor`: one line per check, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from understudy.cli.project import opened, root_of, set_option
from understudy.errors import ConfigError, ProjectError

if TYPE_CHECKING:
    from understudy.doctor.checks import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@click.option("--config", help="A channel's YAML: its base, source and teacher are checked too.")
@set_option
@click.option("--online", is_flag=True, help="Ask the source and the teacher's endpoint; free.")
@click.option(
    "--measure", is_flag=True, help="Train two updates of the longest rows: memory and time."
)
@click.pass_context
def doctor(
    context: click.Context,
    config: str | None,
    assignments: tuple[str, ...],
    *,
    online: bool,
    measure: bool,
) -> None:
    """Say whether this machine can do the work, and what to mend."""
    from understudy.doctor.checks import Check, worst
    from understudy.doctor.machine import ask_mlx, examine

    if config is None and (assignments or online or measure):
        raise click.UsageError("--set, --online and --measure need a --config")
    try:
        root = root_of(context)
        found = [Check("project", "ok", root.name)]
    except ProjectError as error:
        root, found = None, [Check("project", "fail", str(error))]
    mlx = ask_mlx()
    found += examine(root, mlx)
    if root is not None and config is not None:
        found += _channel(
            context, config, assignments, device=mlx.device, online=online, measure=measure
        )
    for line in _lines(found):
        click.echo(line)
    if worst(found) == "fail":
        context.exit(1)


def _channel(
    context: click.Context,
    config: str,
    assignments: tuple[str, ...],
    *,
    device: Mapping[str, Any],
    online: bool,
    measure: bool,
) -> list[Check]:
    from understudy.doctor.channel import examine_channel
    from understudy.doctor.checks import Check
    from understudy.doctor.trial import try_training

    try:
        settings, workspace = opened(context, config, assignments)
    except ConfigError as error:
        return [Check("config", "fail", str(error))]
    today = datetime.now(UTC).date()
    loaded = Check("config", "ok", f"{config} loads")
    found = [
        loaded,
        *examine_channel(settings, workspace, device=device, online=online, today=today),
    ]
    if measure:
        found.append(try_training(settings, workspace, device=device, tell=_whisper))
    return found


def _whisper(line: str) -> None:
    click.echo(line, err=True)


def _lines(found: Sequence[Check]) -> list[str]:
    """Align the lines; the advice stands below what it is about."""
    lines: list[str] = []
    for one in found:
        status = click.style(f"{one.status:<4}", fg=_COLOURS[one.status])
        lines.append(f"{status}  {one.name:<9} {one.found}")
        if one.advice:
            lines.append(f"{'':<16} → {one.advice}")
    return lines
