"""The `understudy` command.

It checks what it was given, finds the project and hands over to the flows of the
checkout. Everything that goes wrong on purpose ends in one message and an exit
status: 1 for a failure, 2 for wrong input, 130 for an interruption.
"""

from __future__ import annotations

import errno
import signal
import sys
import threading
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from understudy import __version__
from understudy.cli.dataset import dataset, diff, review
from understudy.cli.doctor import doctor
from understudy.cli.explain import explain
from understudy.cli.export import export
from understudy.cli.ledger import ledger
from understudy.cli.lint import lint
from understudy.cli.project import PORT, config_path, configured, root_of
from understudy.cli.quote import quote
from understudy.cli.runs import compare, reproduce, runs
from understudy.cli.sweep import sweep
from understudy.cli.talk import chat, serve
from understudy.door import check
from understudy.errors import ConfigError, InvalidIdError, ProjectError, UnderstudyError, WriteError
from understudy.settings import load_settings, parse_assignments
from understudy.workspace import ROOT_VARIABLE, Workspace, find_root

_REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
"""A full disk, a folder that may not be written: no fault of ours, wherever it is met."""
WRONG_INPUT = (ConfigError, ProjectError, InvalidIdError)


def main() -> None:
    """Entry point of the console script."""
    if threading.current_thread() is threading.main_thread():
        # As Ctrl-C: what is under way is kept, and the user is told so.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _told():
        sys.exit(
            cli(prog_name="understudy", standalone_mode=False) or 0
        )  # standalone, click swallows interruptions


@contextmanager
def _told() -> Generator[None]:
    """Turn what is raised into a message and an exit status."""
    try:
        yield
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except UnderstudyError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2 if isinstance(error, WRONG_INPUT) else 1)
    except (KeyboardInterrupt, click.Abort):
        _interrupted()
    except Exception as error:  # noqa: BLE001  (the last resort before the user)
        _unforeseen(error)
    except BaseException as error:
        if type(error).__name__ != "TerminationSignal":  # Prefect's own, for SIGTERM
            raise
        _interrupted()


def _unforeseen(error: Exception) -> NoReturn:
    if isinstance(error, OSError) and error.errno in _REFUSED:
        refused = WriteError(error.filename or "a file", error.strerror or str(error))
        click.echo(f"error: {refused}", err=True)
        sys.exit(1)
    click.echo(f"this is a bug in understudy: {type(error).__name__}: {error}", err=True)
    click.echo(f"the details are in {_crash_file()}; nothing finished is lost", err=True)
    sys.exit(70)


def _interrupted() -> None:
    click.echo("\ninterrupted: what was finished is kept, run the same command to go on", err=True)
    sys.exit(130)


def _crash_file() -> str:
    try:
        folder = find_root(Path.cwd()) / "logs"
        folder.mkdir(exist_ok=True)
        path = folder / "crash.log"
        path.write_text(traceback.format_exc(), encoding="utf-8")
    except (OSError, UnderstudyError):
        return "nowhere, for logs/ cannot be written"
    return "logs/crash.log"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="understudy")
@click.option("--root", envvar=ROOT_VARIABLE, help="The checkout, where it is not around here.")
@click.pass_context
def cli(context: click.Context, root: str | None) -> None:
    """Turn one speaker's talks into a model that answers like them, and prove whether it did."""
    context.obj = root


def _run(
    context: click.Context,
    name: str,
    config: str,
    assignments: tuple[str, ...],
    *,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Check the settings at the door, run the flow, and show what came out."""
    root = root_of(context)
    path = config_path(root, config)
    overrides = parse_assignments(assignments)
    settings = load_settings(root / path, overrides)
    workspace = Workspace(root, settings.channel.name)
    check(name, settings, workspace, parameters.get("dataset") or parameters.get("run"))
    command = import_module("flows.command")
    given = {"config": path, "overrides": overrides, **parameters}
    click.echo("starting Prefect …", err=True)
    files = command.run_flow(name, root, given, say=click.echo, verbose=verbose)
    if "evaluation_results.json" in files:
        click.echo()
        for line in command.verdict_lines(files["evaluation_results.json"]):
            click.echo(line)
    if "report.html" in files:
        click.echo(f"report: {workspace.relative(files['report.html'])}")


@cli.command()
@configured
@click.pass_context
def collect(
    context: click.Context, config: str, assignments: tuple[str, ...], *, verbose: bool
) -> None:
    """List the videos and fetch their transcripts."""
    _run(context, "collect", config, assignments, verbose=verbose)


@cli.command("build-dataset")
@configured
@click.pass_context
def build_dataset(
    context: click.Context, config: str, assignments: tuple[str, ...], *, verbose: bool
) -> None:
    """Ask the teacher and make the dataset."""
    _run(context, "build-dataset", config, assignments, verbose=verbose)


@cli.command()
@configured
@click.option("--dataset", help="Folder of a dataset; the newest by default.")
@click.pass_context
def train(
    context: click.Context,
    config: str,
    assignments: tuple[str, ...],
    dataset: str | None,
    *,
    verbose: bool,
) -> None:
    """Train the adapter on a dataset."""
    _run(context, "train", config, assignments, verbose=verbose, dataset=dataset)


@cli.command()
@configured
@click.option("--run", help="Folder of a run; the newest by default.")
@click.pass_context
def evaluate(
    context: click.Context,
    config: str,
    assignments: tuple[str, ...],
    run: str | None,
    *,
    verbose: bool,
) -> None:
    """Compare base and tuned model on the held-out videos."""
    _run(context, "evaluate", config, assignments, verbose=verbose, run=run)


@cli.command()
@configured
@click.pass_context
def pipeline(
    context: click.Context, config: str, assignments: tuple[str, ...], *, verbose: bool
) -> None:
    """Everything, from the source to the verdict."""
    _run(context, "pipeline", config, assignments, verbose=verbose)


@cli.command()
@configured
@click.pass_context
def watch(
    context: click.Context, config: str, assignments: tuple[str, ...], *, verbose: bool
) -> None:
    """Look once for new videos, and run the pipeline for just those."""
    _run(context, "watch", config, assignments, verbose=verbose, directly=True)


@cli.command("import")
@click.argument("files", nargs=-1, required=True)
@configured
@click.pass_context
def import_command(
    context: click.Context,
    files: tuple[str, ...],
    config: str,
    assignments: tuple[str, ...],
    *,
    verbose: bool,
) -> None:
    """Bring in transcripts, questions or pairs that were made elsewhere."""
    missing = [name for name in files if not Path(name).is_file()]
    if missing and Path(missing[0]).is_dir():
        raise ConfigError(
            f"{missing[0]} is a folder: name the files in it. A folder of transcripts needs no "
            "import: it is a source of its own (source.kind: folder)"
        )
    if missing:
        raise ConfigError(f"there is no file {missing[0]}")
    paths = [str(Path(name).resolve()) for name in files]
    _run(context, "import", config, assignments, verbose=verbose, files=paths)


@cli.command()
@click.option("--port", type=PORT, default=4200, show_default=True, help="Of the Prefect server.")
@click.pass_context
def ui(context: click.Context, port: int) -> None:
    """Serve the Prefect UI with this project's deployments until Ctrl-C."""
    root = root_of(context)
    import_module("flows.ui").serve(root, port=port, say=click.echo)


cli.add_command(explain)
cli.add_command(quote)
cli.add_command(ledger)
cli.add_command(doctor)
cli.add_command(lint)
cli.add_command(runs)
cli.add_command(compare)
cli.add_command(reproduce)
cli.add_command(export)
cli.add_command(chat)
cli.add_command(serve)
cli.add_command(sweep)
cli.add_command(dataset)
cli.add_command(review)
cli.add_command(diff)
