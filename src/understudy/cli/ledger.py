"""`understudy ledger`: what the teacher did cost.

It starts no server and imports no Prefect, and only `ledger jobs` opens a connection.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from understudy.cli.project import config_option, opened, root_of, set_option
from understudy.cli.tables import show_table
from understudy.errors import ConfigError
from understudy.workspace import Workspace

if TYPE_CHECKING:
    from understudy.teacher.money.ledger import Entry

_ASPECTS = ("channel", "pass", "model", "mode", "day", "endpoint", "prompt")
_USUAL = ("channel", "pass", "model")


@click.group()
def ledger() -> None:
    """Show, export or prune the record of every paid call and open batch job."""


@ledger.command("show")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(_ASPECTS),
    help="What to tell apart; may come often. Without it: channel, pass and model.",
)
@click.pass_context
def show(context: click.Context, by: tuple[str, ...]) -> None:
    """Add up calls, tokens and cost."""
    from understudy.teacher.money.bookkeeping import totals
    from understudy.teacher.money.showing import ledger_table

    entries = _entries(root_of(context))
    if not entries:
        click.echo("No call has been paid for yet: the ledger is empty.")
        return
    aspects = tuple(dict.fromkeys(by)) or _USUAL
    (whole,) = totals(entries, ())
    show_table(ledger_table(aspects, totals(entries, aspects), whole))


@ledger.command("export")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--replies", is_flag=True, help="Take the raw replies along.")
@click.pass_context
def export(context: click.Context, file: str, *, replies: bool) -> None:
    """Write the ledger to FILE, which ends in .csv, .parquet or .jsonl."""
    from understudy.teacher.money.exporting import export as write
    from understudy.teacher.money.exporting import rows_of

    root = root_of(context)
    path = Path(file).resolve()
    if path == _ledger_of(root).resolve():
        raise ConfigError(f"{file} is the ledger itself: choose another name")
    rows = rows_of(_entries(root), replies=replies)
    write(path, rows, replies=replies)
    click.echo(f"{_calls(len(rows))} written to {file}")


@ledger.command("prune")
@click.option(
    "--keep",
    multiple=True,
    required=True,
    metavar="ASPECT=VALUE",
    help="What stays, such as channel=demo, model=gpt-6.1-terra or since=2026-11-01. Several of "
    "one aspect: any of them; several aspects: all of them.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def prune(context: click.Context, keep: tuple[str, ...], *, yes: bool) -> None:
    """Take calls out of the ledger. They are paid for again when they are needed again."""
    from understudy.teacher.money.bookkeeping import keeper, totals
    from understudy.teacher.money.bookkeeping import prune as take_out
    from understudy.teacher.money.showing import dollars

    root, stays = root_of(context), keeper(keep)
    entries = _entries(root)
    leaving = [entry for entry in entries if not stays(entry)]
    if not leaving:
        click.echo("Nothing to take out: every call meets the conditions.")
        return
    (total,) = totals(leaving, ())
    click.echo(
        f"{len(leaving)} of {_calls(len(entries))} would go. They cost {dollars(total.cost_usd)}, "
        "would be paid for again when needed, and no longer count against teacher.budget_usd."
    )
    if not yes and not click.confirm("Take them out?"):
        click.echo("Nothing was changed.")
        return
    gone = take_out(_ledger_of(root), stays)
    click.echo(f"{_calls(gone)} taken out")


@ledger.command("jobs")
@config_option
@set_option
@click.option("--cancel", metavar="JOB", help="Stop this job at the provider.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def jobs(
    context: click.Context,
    config: str,
    assignments: tuple[str, ...],
    cancel: str | None,
    *,
    yes: bool,
) -> None:
    """List the batch jobs that no run has collected yet, or cancel one."""
    import asyncio

    from understudy.teacher.batch.overview import cancel_job, open_jobs
    from understudy.teacher.money.showing import jobs_table

    settings, workspace = opened(context, config, assignments)
    if cancel is None:
        found = asyncio.run(open_jobs(settings.teacher, workspace))
        if found:
            show_table(jobs_table(found, datetime.now(UTC)))
        else:
            click.echo("No batch job is open.")
        return
    if not yes and not click.confirm(f"Cancel {cancel}? What it has completed is paid for."):
        click.echo("Nothing was changed.")
        return
    state = asyncio.run(cancel_job(settings.teacher, workspace, cancel))
    click.echo(
        f"{cancel} is {state}. The next run collects what was completed and stops there; the one "
        "after it submits the rest."
    )


def _ledger_of(root: Path) -> Path:
    return Workspace(root, "").ledger  # one for all channels


def _entries(root: Path) -> list[Entry]:
    from understudy.teacher.money.ledger import read_entries

    return list(read_entries(_ledger_of(root)))


def _calls(number: int) -> str:
    return f"{number} call" if number == 1 else f"{number:,} calls"
