"""`understudy export`: a run's adapter as a model for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from understudy.cli.project import root_of
from understudy.export.formats import TARGETS, Target

if TYPE_CHECKING:
    from understudy.export.records import ExportReport


@click.command()
@click.argument("run")
@click.option("--to", "target", type=click.Choice(TARGETS), required=True, help="What for.")
@click.option(
    "--bits", type=click.Choice(["4", "6", "8"]), help="Quantise after fusing; with fused only."
)
@click.pass_context
def export(context: click.Context, run: str, target: str, bits: str | None) -> None:
    """Fuse RUN's adapter into its base, and check the result against it.

    fused: a folder for mlx-lm. hf: the same for transformers and converters. gguf: one file for
    llama.cpp. ollama: the same, or safetensors, with a Modelfile.
    """
    from understudy.export.job import make, open_job, ready
    from understudy.runs.finding import find_run

    root = root_of(context)
    folder = find_run(root, run)
    job = open_job(root, folder, cast("Target", target), int(bits) if bits else None)
    report = ready(job)
    if report is None:
        report = make(job, lambda event: _step(event.get("message")))
    else:
        click.echo("cached: this very export is there")
    for line in _figures(report):
        click.echo(line)
    click.echo(f"export: {job.folder.relative_to(root)}")
    click.echo(_use(report, job.folder, root))


def _step(message: object) -> None:
    if message:
        click.echo(f"{message} …", err=True)


def _figures(report: ExportReport) -> list[str]:
    found, kept = report.parity, report.survival
    lines = [
        (
            f"parity       {found.same_text} of {found.prompts} greedy answers are the same; "
            f"{found.same_next:.1%} of their tokens; loss {found.loss_export:.4f} against the "
            f"adapter's {found.loss_adapter:.4f}"
        ),
        (
            f"template     {found.same_tokens} of {found.prompts} prompts become the same tokens; "
            f"a turn ends with {' or '.join(report.stop)}"
        ),
    ]
    if kept is not None:
        lines.insert(
            0,
            f"survival     {kept.correlation:.4f} correlation with what was learnt in "
            f"{kept.modules} modules, worst {kept.worst:.4f} in {kept.worst_module}",
        )
    return lines


def _use(report: ExportReport, folder: Path, root: Path) -> str:
    where = folder.relative_to(root)
    if (folder / "Modelfile").is_file():
        return f"use it:  ollama create {report.run.lower()} -f {where}/Modelfile"
    return f"use it:  {_python(root)} -m mlx_lm chat --model {where}"


def _python(root: Path) -> str:
    """The one that mlx-lm is installed for, as it is called from the project's folder."""
    own = Path(sys.executable)
    return str(own.relative_to(root)) if own.is_relative_to(root) else "python"
