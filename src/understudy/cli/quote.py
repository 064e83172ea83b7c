"""`understudy quote`: what the teacher will cost. It starts no server, imports no Prefect and calls nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from understudy.cli.project import config_option, opened, set_option
from understudy.cli.tables import show_table
from understudy.errors import EmptyStageError
from understudy.settings import Settings
from understudy.workspace import Workspace

if TYPE_CHECKING:
    from understudy.passes import Pending
    from understudy.records import Transcript
    from understudy.teacher.money.quote import Quote

_ABOUT_THE_JUDGE = (
    "The judge is paid anew for each training that is evaluated; its answers are not known yet, so "
    "the references' length stands for theirs."
)


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
        for offer in more:
            click.echo(f"{offer.model} will be asked all the same:")
            _show(offer, settings, workspace)
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
    """What audit, variants of training rows and the judge should cost, where they do."""
    from understudy.teacher.money.expected import (
        expected_audit,
        expected_orders,
        expected_pairs,
        expected_rows,
    )
    from understudy.teacher.side_jobs import ANSWER_JUDGING, ROW_AUDIT, VARIANT_WRITING

    rows = expected_rows(settings, workspace, transcripts)
    found: list[Quote] = []
    if audit := expected_audit(settings, rows, transcripts):
        found.append(ROW_AUDIT.quote(settings, workspace, audit, everything=everything))
    if orders := expected_orders(settings, rows, transcripts):
        found.append(VARIANT_WRITING.quote(settings, workspace, orders, everything=everything))
    if pairs := expected_pairs(settings, rows):
        found.append(ANSWER_JUDGING.quote(settings, workspace, pairs, everything=everything))
    return found


def _say_quote(offer: Quote, left: Pending, settings: Settings, workspace: Workspace) -> None:
    done = f"; {_talks(left.done)} of {left.talks} done, free" if left.done else ""
    click.echo(f"{offer.model}: {_talks(offer.videos)}, {offer.questions} questions{done}")
    if not offer.calls:
        click.echo("Nothing is left to ask: the next run calls nobody and costs nothing.")
        return
    _show(offer, settings, workspace)


def _show(offer: Quote, settings: Settings, workspace: Workspace) -> None:
    from understudy.teacher.money.showing import quote_table

    show_table(quote_table(offer))
    for line in _remarks(offer, settings, workspace):
        click.echo(line)


def _remarks(offer: Quote, settings: Settings, workspace: Workspace) -> Sequence[str]:
    """What the figures rest on, and what a person should do before spending."""
    from understudy.teacher.money.ledger import spent
    from understudy.teacher.money.pricing import load_prices

    teacher = settings.teacher
    prices = load_prices(workspace.root / teacher.prices)
    models = dict.fromkeys(_model_of(one.name, settings) for one in offer.passes if one.calls)
    lines = [
        _about_caching(offer),
        *(
            f"What stands under {one.name} is by {_model_of(one.name, settings)}."
            for one in offer.passes
            if _model_of(one.name, settings) != offer.model
        ),
        *([_ABOUT_THE_JUDGE] if settings.evaluate.judge.questions else []),
        _about_mode(offer),
        f"Reckoned at {offer.chars_per_token:.2f} characters a token, without retries and repairs.",
    ]
    unpriced = [name for name in models if prices.of(name) is None]
    lines += [
        f"No price for {name!r}: put one into {teacher.prices} under models, such as\n"
        f"  {name}: {{input: 1.00, cached: 0.10, output: 5.00}}   "
        "(US dollars per million tokens; 0 for a server of your own)"
        for name in unpriced
    ] or [f"Prices of {prices.as_of}, from {prices.source}."]
    lives = [prices.lifetime(name, datetime.now(UTC).date()) for name in models]
    lines += [f"{one.sentence}: {one.advice}." for one in lives if one is not None and one.soon]
    expected = offer.of_run.cost_usd
    if teacher.budget_usd is not None and expected is not None:
        paid = spent(workspace.ledger, workspace.channel)
        room = teacher.budget_usd - paid
        verdict = "enough" if room >= expected else "too little: the run will stop at it"
        lines.append(
            f"Budget ${teacher.budget_usd:.2f}, ${paid:.4f} spent on this channel: {verdict}."
        )
    return lines


def _model_of(name: str, settings: Settings) -> str:
    """The model that is asked in a pass."""
    from understudy.teacher.side_jobs import SIDE_JOBS

    return next(
        (job.teacher(settings).model for job in SIDE_JOBS if job.name == name),
        settings.teacher.model,
    )


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


def _talks(number: int) -> str:
    return f"{number} talk" if number == 1 else f"{number:,} talks"
