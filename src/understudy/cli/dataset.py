"""`understudy dataset`, `review` and `diff`: look at a dataset, decide about rows, compare versions.

None of them starts a server or imports Prefect.
"""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from understudy.cli.project import config_option, opened, root_of, set_option
from understudy.diff import difference, lines_of, printable
from understudy.errors import ConfigError, DataError
from understudy.workspace import Workspace

if TYPE_CHECKING:
    from understudy.records import Row
    from understudy.review import Mark

_dataset_option = click.option(
    "--dataset", "named", help="Folder of a dataset; the newest by default."
)


@click.command()
@config_option
@set_option
@_dataset_option
@click.option("--show", is_flag=True, help="Tell what it is made of; what happens without --push.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option(
    "--push", metavar="OWNER/NAME", help="Upload it to the Hugging Face Hub; takes HF_TOKEN."
)
@click.option("--public", is_flag=True, help="For everybody to see; private otherwise.")
@click.pass_context
def dataset(
    context: click.Context,
    config: str,
    assignments: tuple[str, ...],
    named: str | None,
    push: str | None,
    *,
    show: bool,
    as_json: bool,
    public: bool,
) -> None:
    """Show a dataset's figures, or push it to the Hugging Face Hub."""
    if public and push is None:
        raise click.UsageError("--public says how to --push")
    settings, workspace = opened(context, config, assignments)
    from understudy.analysis.making import analysed

    folder = _chosen(workspace, named)
    analysis = analysed(folder, settings, workspace.root)
    if as_json:
        click.echo(analysis.model_dump_json(indent=1))
    elif show or push is None:
        from understudy.analysis.words import facts_beside

        for name, value in facts_beside(folder):
            click.echo(_told(name, printable(value)))
        click.echo(_told("Look through it", f"{workspace.relative(folder)}/dataset.html"))
    if push is not None:
        from understudy.push import push as upload

        click.echo(f"{workspace.relative(folder)} is at {upload(folder, push, public=public)}")


def _told(name: str, value: str) -> str:
    """A name and a value that is folded beside it."""
    width = min(110, shutil.get_terminal_size((110, 0)).columns)
    return textwrap.fill(
        value,
        width=max(40, width),
        initial_indent=f"{name:<20} ",
        subsequent_indent=" " * 21,
        break_long_words=False,
        break_on_hyphens=False,
    )


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@config_option
@set_option
@click.option("--show", is_flag=True, help="List what was decided, and whether it is in effect.")
@click.option("--table", metavar="FILE.csv", help="Write all rows as a table to mark by hand.")
@click.pass_context
def review(
    context: click.Context,
    file: str | None,
    config: str,
    assignments: tuple[str, ...],
    table: str | None,
    *,
    show: bool,
) -> None:
    """Take over marks of dataset.html or a table: drop, keep or edit rows."""
    _, workspace = opened(context, config, assignments)
    if (file is not None) + show + (table is not None) != 1:
        raise click.UsageError("takes one of: a FILE with marks, --show, --table FILE.csv")
    from understudy.rows import ROWS, iter_rows
    from understudy.table import Packed

    rows = Packed(iter_rows(_chosen(workspace, None) / ROWS))
    if file is not None:
        _take_over(Path(file), rows, workspace)
    elif table is not None:
        _write_table(Path(table), rows)
    else:
        _show_review(rows, workspace)


def _take_over(path: Path, rows: Sequence[Row], workspace: Workspace) -> None:
    from understudy.artifacts import write_jsonl
    from understudy.locking import exclusive
    from understudy.marks import read_marks
    from understudy.review import read_review, remembered, review_file

    if not path.is_file():
        raise ConfigError(f"there is no file {path}: save the marks of dataset.html, and name that")
    marks = read_marks(path, rows)
    with exclusive(workspace.lock, what=f"the channel {workspace.channel}"):
        now = remembered(read_review(workspace), marks.given, marks.cleared)
        write_jsonl(review_file(workspace), now)
    counts = Counter(mark.decision for mark in marks.given)
    said = [f"{count} {word}" for word, count in sorted(counts.items())]
    said += [f"{len(marks.cleared)} taken back"] if marks.cleared else []
    click.echo(
        f"{', '.join(said)}; {len(now)} decisions in {workspace.relative(review_file(workspace))}"
    )
    texts = {row.digest for row in rows}
    if old := sum(mark.digest not in texts for mark in marks.given):
        click.echo(f"{old} are about a text that has changed since, and wait for it to come back")
    click.echo("The next run of build-dataset or pipeline makes the dataset so.")


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    from understudy.artifacts import write_text
    from understudy.marks import table_of

    if path.suffix.lower() != ".csv":
        raise ConfigError(f"{path.name}: the table is CSV, name the file so")
    write_text(path, table_of(rows))
    click.echo(f"{len(rows):,} rows in {path}: write drop, keep, edit or clear into `mark`")


def _show_review(rows: Sequence[Row], workspace: Workspace) -> None:
    from understudy.review import read_review

    marks = read_review(workspace)
    if not marks:
        click.echo(
            "Nothing was decided yet: mark rows in dataset.html, or in the table of --table."
        )
    by_id = {row.id: row for row in rows if row.review}
    texts = {(row.video_id, row.digest) for row in rows}
    for mark in marks:
        state = _state(mark, by_id.get(mark.id), texts)
        click.echo(f"{mark.decision:<5} {mark.id:<28} {state:<16} {printable(mark.note)}".rstrip())


def _state(mark: Mark, row: Row | None, texts: set[tuple[str, str]]) -> str:
    if row is not None and row.review == mark.decision:
        return "in effect"
    return "with the next run" if (mark.video_id, mark.digest) in texts else "waits: text changed"


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON.")
@click.option("--most", default=20, show_default=True, help="Rows to name of each sort.")
@click.pass_context
def diff(context: click.Context, before: str, after: str, most: int, *, as_json: bool) -> None:
    """Compare two versions of a dataset: rows added, removed, changed, moved.

    BEFORE and AFTER are folders, or the beginnings of their names under data/CHANNEL/dataset/.
    """
    from understudy.rows import ROWS
    from understudy.table import table

    root = root_of(context)
    one, other = (_version(root, name) for name in (before, after))
    found = difference(
        table(one / ROWS),
        table(other / ROWS),
        names=(one.name, other.name),
        settings=(_settings(one), _settings(other)),
    )
    if as_json:
        click.echo(found.model_dump_json(indent=1))
        return
    for line in lines_of(found, most=most):
        click.echo(line)


def _version(root: Path, name: str) -> Path:
    """Find a dataset by its folder or by the beginning of its digest.

    Raises:
        DataError: There is none, or several.
    """
    for folder in (Path.cwd() / name, root / name):
        if (folder / "rows.parquet").is_file():
            return folder.resolve()
    found = [
        path.parent
        for path in sorted((root / "data").glob("*/dataset/*/rows.parquet"))
        if path.parent.name.startswith(Path(name).name)
    ]
    if not found:
        raise DataError(f"there is no dataset {name!r}: name a folder under data/CHANNEL/dataset/")
    if len(found) > 1:
        raise DataError(f"{len(found)} datasets have a name that begins with {name!r}: write more")
    return found[0]


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / "settings.yaml"
    loaded = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return loaded if isinstance(loaded, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _chosen(workspace: Workspace, named: str | None) -> Path:
    from understudy.training.runs import choose_dataset

    return choose_dataset(workspace, named)
