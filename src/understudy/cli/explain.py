"""`understudy explain`: what the settings mean."""

from __future__ import annotations

from pathlib import Path

import click

from understudy.cli.project import root_of
from understudy.settings import explain as explain_settings
from understudy.settings.loading import read_yaml
from understudy.settings.reference import markdown

REFERENCE = "jason_fung"
"""The config that a new channel is copied from."""


@click.command()
@click.argument("key", required=False)
@click.option(
    "--markdown", "whole", is_flag=True, help="All of them as docs/CONFIG.md has them, with values."
)
@click.pass_context
def explain(context: click.Context, key: str | None, *, whole: bool) -> None:
    """List the settings with their types and meanings, all or those under KEY."""
    if whole:
        click.echo(reference_of(root_of(context)), nl=False)
        return
    for one in explain_settings(key):
        click.echo(f"{one.key}  ({one.shape})")
        click.echo(f"    {one.help}")
        if one.remakes:
            click.echo(f"    Made again when it changes: {', '.join(one.remakes)}.")


def reference_of(root: Path) -> str:
    """Render docs/CONFIG.md with the values of the project's committed configs.

    Raises:
        ConfigError: One of them cannot be read.
    """
    names = (REFERENCE, "demo", "imported_pairs", "local_transcripts")
    configs = {name: read_yaml(root / "config" / f"{name}.yaml") for name in names}
    return markdown(configs, reference=REFERENCE)
