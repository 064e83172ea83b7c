"""`understudy runs`, `compare` and `reproduce`: what was trained, how trainings differ, and again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from understudy.cli.project import opened, root_of, set_option
from understudy.cli.tables import show_table
from understudy.errors import DataError

if TYPE_CHECKING:
    from understudy.child import Event
    from understudy.runs.compare import Paired
    from understudy.runs.outcome import Reproduced
    from understudy.runs.reading import RunFacts
    from understudy.runs.reproduce import Repetition


@click.command()
@click.option("--channel", help="Only this channel's.")
@click.pass_context
def runs(context: click.Context, channel: str | None) -> None:
    """List the runs: settings, best validation loss, verdict."""
    from understudy.runs.finding import all_runs
    from understudy.runs.showing import runs_table

    found = _readable(all_runs(root_of(context), channel))
    if not found:
        of = f" of a channel {channel!r}" if channel else ""
        click.echo(
            f"There is no run{of} yet: `understudy train` or `understudy pipeline` makes one."
        )
        return
    show_table(runs_table(found))


def _readable(folders: list[Path]) -> list[RunFacts]:
    from understudy.runs.reading import read_run

    found: list[RunFacts] = []
    for folder in folders:
        try:
            found.append(read_run(folder))
        except DataError as error:
            click.echo(f"left out: {error}", err=True)
    return found


@click.command()
@click.argument("named", metavar="RUN...", nargs=-1, required=True)
@click.option("--to", type=click.Path(path_type=Path), help="Where to write the page.")
@click.pass_context
def compare(context: click.Context, named: tuple[str, ...], to: Path | None) -> None:
    """Compare runs: settings, curves, held-out figures."""
    from understudy.artifacts import write_text
    from understudy.runs.compare import compare as put_beside
    from understudy.runs.finding import find_run
    from understudy.runs.listing import comparison_path
    from understudy.runs.page import headline, render_comparison
    from understudy.runs.reading import read_run
    from understudy.runs.showing import differences_table, figures_table

    root = root_of(context)
    comparison = put_beside([read_run(find_run(root, one)) for one in named])
    for letter, one in zip(comparison.letters, comparison.runs, strict=True):
        click.echo(f"{letter}  {one.channel}/{one.id}")
    if comparison.differences:
        show_table(differences_table(comparison))
    else:
        click.echo("They differ in no setting.")
    show_table(figures_table(comparison))
    for pair in comparison.paired:
        click.echo(_said(pair))
    for note in comparison.notes:
        click.echo(f"note: {note}")
    click.echo(headline(comparison))
    page = to or comparison_path(root, [one.id for one in comparison.runs])
    write_text(page, render_comparison(comparison))
    click.echo(f"page: {page.relative_to(root) if page.is_relative_to(root) else page}")


def _said(pair: Paired) -> str:
    from understudy.proof.wording import number

    found = pair.difference
    ends = "too few videos for an interval"
    if found.low is not None and found.high is not None:
        ends = f"95 % interval {number(found.low)} to {number(found.high)}"
    return (
        f"loss per token, {pair.other} - {pair.one}: {number(found.estimate)} ({ends}; "
        f"{pair.questions} questions of {found.videos} videos)"
    )


@click.command()
@click.argument("run")
@click.option("--config", help="A config that is to be the run's; its settings are compared.")
@set_option
@click.option("--anyway", is_flag=True, help="Train again although an input differs.")
@click.option("--check", is_flag=True, help="Compare the inputs alone, and train nothing.")
@click.pass_context
def reproduce(
    context: click.Context,
    run: str,
    config: str | None,
    assignments: tuple[str, ...],
    *,
    anyway: bool,
    check: bool,
) -> None:
    """Train RUN again, and say whether the same comes out.

    Ends with status 1 where an input differs or another model came out.
    """
    from understudy.runs.finding import find_run
    from understudy.runs.reproduce import prepare

    root = root_of(context)
    settings = opened(context, config, assignments)[0] if config else None
    repetition = prepare(root, find_run(root, run), settings)
    for one in repetition.differences:
        click.echo(f"{'differs' if one.decides else 'note':<8} {one}")
    decided = [one for one in repetition.differences if one.decides]
    if decided and not anyway:
        click.echo(
            f"not trained again: {len(decided)} input(s) differ. --anyway trains nonetheless"
        )
        context.exit(1)
    if check:
        click.echo("every input that decides is the same")
        return
    if not _repeated(repetition):
        context.exit(1)


def _repeated(repetition: Repetition) -> bool:
    from understudy.runs.outcome import TOLERANCE
    from understudy.runs.reproduce import repeat

    found = repeat(repetition, _progress)
    click.echo(f"{found.outcome}: {_how_far(found)}")
    if found.outcome == "within tolerance":
        click.echo(f"(tolerance {TOLERANCE:g} nats per token of any recorded loss)")
    return found.outcome != "different"


def _how_far(found: Reproduced) -> str:
    adapter = "the adapter is the same byte for byte" if found.same_adapter else "another adapter"
    if found.largest_difference is None:
        return f"{adapter}; the two recorded other updates"
    if found.same_losses:
        return f"{adapter}; every recorded loss is the same"
    return (
        f"{adapter}; the largest difference of a recorded loss is {found.largest_difference:.2g} nats "
        f"per token, at update {found.at_update}"
    )


def _progress(event: Event) -> None:
    if event["event"] in {"waiting", "plan"}:
        click.echo(event["message"], err=True)
    elif event["event"] == "metrics" and event.get("val_loss") is not None:
        done = f"update {event['iteration']} of {event['updates']}"
        click.echo(f"{done}, validation loss {event['val_loss']:.4f}", err=True)
