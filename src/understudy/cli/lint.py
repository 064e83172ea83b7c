"""`understudy lint`: what somebody's mlx-lm training file really did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from understudy.errors import ConfigError

if TYPE_CHECKING:
    from understudy.lint.judging import Finding


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--fix", is_flag=True, help="Write the corrected file beside it.")
@click.option("--to", type=click.Path(path_type=Path), help="Where, with --fix.")
@click.pass_context
def lint(context: click.Context, file: Path, *, fix: bool, to: Path | None) -> None:
    """Say which keys of an mlx-lm YAML took effect, and what it trained.

    Ends with status 1 where a key does not do what it says.
    """
    from understudy.artifacts import write_text
    from understudy.lint.correcting import correct, what_it_did, what_it_would_do
    from understudy.lint.judging import lint as judge

    linted = judge(_text(file), where=str(file))
    for one in linted.findings:
        place = f"{one.line:>4}" if one.line else "    "
        kind = click.style(f"{one.kind:<5}", fg="yellow" if one.kind == "twice" else "red")
        click.echo(f"{place}  {kind}  {one.key!s}: {_short(one.value)}  {one.says}")
    if not linted.findings:
        click.echo("mlx-lm reads every key of this file.")
    _tell(_title(linted.findings), what_it_did(linted.effective))
    if linted.findings:
        corrected = correct(linted)
        _tell("What the corrected file does", what_it_would_do(corrected))
        for note in corrected.notes:
            click.echo(f"  note: {note}")
        if fix:
            target = _target(file, to)
            write_text(target, corrected.text(file.name))
            click.echo(f"corrected file: {target}")
        context.exit(1)


def _title(findings: Sequence[Finding]) -> str:
    if any(one.kind == "fails" for one in findings):
        return "mlx-lm stops before it trains this"
    return "What the run really did" if findings else "It trains"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"cannot read {file}: {why}") from error


def _target(file: Path, to: Path | None) -> Path:
    """A new file, so that nobody's original is lost.

    Raises:
        ConfigError: There is one of that name.
    """
    target = to or file.with_name(f"{file.stem}.fixed.yaml")
    if target.exists():
        raise ConfigError(f"{target} is there already: delete it, or name another with --to")
    return target


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def _tell(title: str, sentences: list[str]) -> None:
    click.echo(f"{title}:")
    for one in sentences:
        click.echo(f"  {one}")
