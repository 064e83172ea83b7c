"""`understudy quote` and `understudy ledger`: what the teacher will cost, and what it did cost.

Neither starts a server or imports Prefect, and only `ledger jobs` opens a connection.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from understudy.cli.project import config_option, opened, root_of, set_option
from understudy.errors import ConfigError, EmptyStageError
from understudy.settings import Settings
from understudy.workspace import Workspace

if TYPE_CHECKING:
    from rich.table import Table

    from understudy.passes import Pending
    from understudy.records import Transcript
    from understudy.teacher.money.ledger import Entry
    from understudy.teacher.money.quote import Quote

_ASPECTS = ("channel", "pass", "model", "mode", "day", "endpoint", "prompt")
_USUAL = ("channel", "pass", "model")


@click.command()
@config_option
@set_option
@click.option("--all", "everything", is_flag=True, help="As if nothing had been asked yet.")
@click.pass_context
def quote(
    context: click.Context, config: str, assignments: tuple[str, ...], *, everything: bool
) -> None:
    """Say what the teacher will cost before anything is spent."""
    settings, workspace = opened(context, config, assignments)
    from understudy.passes import transcripts_in

    transcripts = transcripts_in(workspace)
    more = _beyond_the_passes(settings, workspace, transcripts, everything=everything)
    if not (transcripts or more):
        raise EmptyStageError(
            f"the channel {workspace.channel} has no transcript yet, and a quote is made from real "
            f"ones: run `understudy collect --config {config}` first, which costs nothing"
        )
    if settings.teacher.kind == "offline":
        click.echo(
            f"The offline teacher costs nothing: it reads {_talks(len(transcripts))} on this "
            "machine and calls nobody."
        )
        return
    from understudy.passes import Pending
    from understudy.teacher.opening import pending_for, quote_for

    left = Pending(tuple(transcripts), (), 0) if everything else pending_for(settings, workspace)
    offer = quote_for(settings, workspace, left.unasked, left.asked)
    passes = (*offer.passes, *(one for quoted in more for one in quoted.passes))
    offer = offer.model_copy(update={"passes": passes})
    _say_quote(offer, left, settings, workspace)


def _beyond_the_passes(
    settings: Settings, workspace: Workspace, transcripts: Sequence[Transcript], *, everything: bool
) -> list[Quote]:
    """What the audit of rows and the variants of training rows should cost, where they do."""
    from understudy.teacher.money.expected import expected_audit, expected_orders, expected_rows
    from understudy.teacher.side_jobs import ROW_AUDIT, VARIANT_WRITING

    rows = expected_rows(settings, workspace, transcripts)
    found: list[Quote] = []
    if audit := expected_audit(settings, rows, transcripts):
        found.append(ROW_AUDIT.quote(settings, workspace, audit, everything=everything))
    if orders := expected_orders(settings, rows, transcripts):
        found.append(VARIANT_WRITING.quote(settings, workspace, orders, everything=everything))
    return found


def _say_quote(offer: Quote, left: Pending, settings: Settings, workspace: Workspace) -> None:
    from understudy.teacher.money.showing import quote_table

    done = f"; {_talks(left.done)} of {left.talks} done, free" if left.done else ""
    click.echo(f"{offer.model}: {_talks(offer.videos)}, {offer.questions} questions{done}")
    if not offer.calls:
        click.echo("Nothing is left to ask: the next run calls nobody and costs nothing.")
        return
    _print(quote_table(offer))
    for line in _remarks(offer, settings, workspace):
        click.echo(line)


def _remarks(offer: Quote, settings: Settings, workspace: Workspace) -> Sequence[str]:
    """What the figures rest on, and what a person should do before spending."""
    from understudy.teacher.money.ledger import spent
    from understudy.teacher.money.pricing import load_prices

    teacher = settings.teacher
    prices = load_prices(workspace.root / teacher.prices)
    variants = settings.augment
    by = variants.model or settings.teacher.model
    lines = [
        _about_caching(offer),
        *(
            [f"Variants of training rows (augment) are by {by}."]
            if variants.by == "teacher"
            else []
        ),
        _about_mode(offer),
        f"Reckoned at {offer.chars_per_token:.2f} characters a token, without retries and repairs.",
    ]
    if offer.cost_usd is None:
        lines.append(
            f"No price for {offer.model!r}: put one into {teacher.prices} under models, such as\n"
            f"  {offer.model}: {{input: 1.00, cached: 0.10, output: 5.00}}   "
            "(US dollars per million tokens; 0 for a server of your own)"
        )
    else:
        lines.append(f"Prices of {prices.as_of}, from {prices.source}.")
    life = prices.lifetime(teacher.model, datetime.now(UTC).date())
    if life is not None and life.soon:
        lines.append(f"{life.sentence}: {life.advice}.")
    expected = offer.of_run.cost_usd
    if teacher.budget_usd is not None and expected is not None:
        paid = spent(workspace.ledger, workspace.channel)
        room = teacher.budget_usd - paid
        verdict = "enough" if room >= expected else "too little: the run will stop at it"
        lines.append(
            f"Budget ${teacher.budget_usd:.2f}, ${paid:.4f} spent on this channel: {verdict}."
        )
    return lines


def _about_mode(offer: Quote) -> str:
    if offer.mode == "batch":
        return (
            "This channel asks in batch jobs (teacher.mode: batch) and pays the price under batch. "
            "Each round, usually three to five, may take up to a day."
        )
    return (
        "This channel asks live (teacher.mode: live). With teacher.mode: batch it would pay the "
        "price under batch and wait up to a day for each round of calls."
    )


def _about_caching(offer: Quote) -> str:
    if offer.mode == "batch":
        return "Batch jobs are reckoned without prompt caching."
    from understudy.teacher.money.quote import CACHE_LEAST

    saved = offer.cached_share
    if not saved:
        return (
            f"Prompt caching should save nothing: it begins at {CACHE_LEAST:,} shared tokens of "
            "instructions and talk."
        )
    return f"Prompt caching should serve {saved:.0%} of the live input tokens at the cached price."


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
    _print(ledger_table(aspects, totals(entries, aspects), whole))


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
            _print(jobs_table(found, datetime.now(UTC)))
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


def _talks(number: int) -> str:
    return f"{number} talk" if number == 1 else f"{number:,} talks"


def _print(table: Table) -> None:
    from rich.console import Console

    # Piped into a file, a table has no edge to wrap at.
    Console(width=None if sys.stdout.isatty() else 200).print(table)
