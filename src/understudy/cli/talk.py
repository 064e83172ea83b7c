"""`understudy chat` and `understudy serve`: ask a trained model."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from understudy.cli.project import PORT, root_of
from understudy.errors import TrainingError

if TYPE_CHECKING:
    from understudy.runs.opening import OpenRun

_STOPPED = {130, -signal.SIGINT, -signal.SIGTERM}


@click.command()
@click.argument("run")
@click.option("--both", is_flag=True, help="Base and tuned model side by side.")
@click.option("--max-tokens", default=512, show_default=True, help="Of one answer.")
@click.pass_context
def chat(context: click.Context, run: str, *, both: bool, max_tokens: int) -> None:
    """Talk with RUN in the terminal."""
    from understudy.talking.terminal import TalkSpec

    opened = _opened(context, run)
    spec = TalkSpec(
        base=opened.base,
        adapter=opened.folder,
        system_prompt=opened.system_prompt,
        both=both,
        max_tokens=max_tokens,
    )
    _run(["understudy.talking.terminal", spec.model_dump_json()])


@click.command()
@click.argument("run")
@click.option("--port", type=PORT, default=8080, show_default=True, help="On this machine alone.")
@click.option("--max-tokens", default=512, show_default=True, help="Where a request names none.")
@click.pass_context
def serve(context: click.Context, run: str, *, port: int, max_tokens: int) -> None:
    """Serve RUN to OpenAI clients until Ctrl-C."""
    from understudy.ports import refuse_taken
    from understudy.talking.serving import ServeSpec

    refuse_taken(port, program="`understudy serve`")
    opened = _opened(context, run)
    spec = ServeSpec(
        base=opened.base,
        adapter=opened.folder,
        system_prompt=opened.system_prompt,
        port=port,
        max_tokens=max_tokens,
    )
    click.echo(f"{opened.folder.name} at http://127.0.0.1:{port}/v1; any model name, any key")
    _run(["understudy.talking.server", spec.model_dump_json()])


def _opened(context: click.Context, run: str) -> OpenRun:
    from understudy.runs.opening import open_run

    opened = open_run(root_of(context), run)
    if not opened.template_same:
        click.echo(
            "warning: the base's chat template is not the one of the training, so the model is "
            "asked otherwise than it was taught",
            err=True,
        )
    return opened


def _run(arguments: Sequence[str]) -> None:
    """Give the terminal to a process that holds the model, until it ends.

    Raises:
        TrainingError: It was ended by the system, as for want of memory.
    """
    from understudy.child import child_environment

    process = subprocess.Popen([sys.executable, "-m", *arguments], env=child_environment())
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the process's
    try:
        status = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        if process.poll() is None:
            process.terminate()
            process.wait()
    if status in _STOPPED:
        return
    if status < 0:
        raise TrainingError(
            f"the model process was ended by {signal.Signals(-status).name}: most likely memory ran "
            "out. Close other programs, or export with --bits and ask that"
        )
    if status:
        sys.exit(status)
