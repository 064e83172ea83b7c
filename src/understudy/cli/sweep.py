"""`understudy sweep`: which learning rate, or any other setting of a training."""

from __future__ import annotations

from importlib import import_module

import click

from understudy.cli.project import config_path, configured, root_of
from understudy.cli.tables import show_table
from understudy.settings import load_settings, parse_assignments
from understudy.workspace import Workspace

_USUAL = "config/sweeps/learning_rate.yaml"


@click.command()
@configured
@click.option("--sweep", "plan", default=_USUAL, show_default=True, help="What to try.")
@click.option("--dataset", help="Folder of a dataset; the newest by default.")
@click.pass_context
def sweep(
    context: click.Context,
    config: str,
    assignments: tuple[str, ...],
    plan: str,
    dataset: str | None,
    *,
    verbose: bool,
) -> None:
    """Train under several settings and recommend one, or name a tie."""
    from understudy.artifacts import read_record
    from understudy.door import check
    from understudy.sweep.result import PLOT, RESULT, SweepResult
    from understudy.sweep.settings import load_sweep
    from understudy.sweep.showing import recommendation, sweep_table

    root = root_of(context)
    path, wanted = config_path(root, config), config_path(root, plan)
    overrides = parse_assignments(assignments)
    settings = load_settings(root / path, overrides)
    load_sweep(root / wanted)
    workspace = Workspace(root, settings.channel.name)
    check("train", settings, workspace, dataset)
    click.echo("starting Prefect …", err=True)
    given = {"config": path, "sweep": wanted, "overrides": overrides, "dataset": dataset}
    files = import_module("flows.command").run_flow(
        "sweep", root, given, say=click.echo, verbose=verbose
    )
    found = read_record(files[RESULT], SweepResult)
    show_table(sweep_table(found))
    for line in recommendation(found):
        click.echo(line)
    click.echo(f"plot: {workspace.relative(files[PLOT])}")
