"""A dataset's analysis beside it: made when it is missing, and again when the base is another.

It is no part of the dataset's own manifest: the rows are the same whatever base reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from understudy.analysis import figures as analysis
from understudy.analysis import picture
from understudy.analysis.figures import Analysis, Figures, figures_of
from understudy.analysis.tokens import Tokens, count_tokens
from understudy.artifacts import file_digest, read_record, write_bytes, write_json
from understudy.errors import BaseModelError
from understudy.leak import LeakReport
from understudy.manifests import Recipe, fresh, publish, recipe
from understudy.models import find_tokenizer, tokenizer_digest
from understudy.rows import ROWS
from understudy.settings import Settings
from understudy.table import Rows, table

MANIFEST = "analysis.manifest.json"
"""Beside the dataset's own."""
ANALYSIS = "analysis.json"
PICTURE = "dataset_analysis.png"
LEAK = "leak.json"


@dataclass(frozen=True)
class Known:
    """What a caller has found out already."""

    rows: Rows
    figures: Figures


def analysed(dataset: Path, settings: Settings, root: Path, known: Known | None = None) -> Analysis:
    """Read the analysis of a published dataset, or make and publish it.

    Where the base's tokenizer is not at hand or has no chat template, the tokens are missing and
    the analysis says why; it is made again once the tokenizer is another.

    Args:
        root: The project's, which a local base is relative to.
        known: The dataset's own rows and their figures, where they are at hand.

    Raises:
        DataError: The dataset's own files cannot be read.
    """
    try:
        folder, why = find_tokenizer(settings.train.base, root), ""
    except BaseModelError as error:
        folder, why = None, str(error)
    made_of = _recipe(dataset, settings, folder)
    if fresh(dataset, made_of, name=MANIFEST):
        return read_record(dataset / ANALYSIS, Analysis)
    known = known or _known(dataset)
    leak = read_record(dataset / LEAK, LeakReport)
    tokens = None
    if folder:
        try:
            tokens = _tokens(known.rows, folder, settings)
        except BaseModelError as error:
            why = str(error)
    made = Analysis(figures=known.figures, tokens=tokens, without_tokens=why)
    writers = {
        ANALYSIS: partial(write_json, value=made),
        PICTURE: partial(write_bytes, content=picture.picture(known.rows, made, leak)),
    }
    publish(dataset, writers, made_of, name=MANIFEST)
    return made


def _known(dataset: Path) -> Known:
    rows = table(dataset / ROWS)
    return Known(rows, figures_of(rows))


def _tokens(rows: Rows, folder: Path, settings: Settings) -> Tokens:
    return count_tokens(
        rows,
        folder,
        base=settings.train.base,
        max_seq_length=settings.train.max_seq_length,
        system_prompt=settings.dataset.system_prompt,
    )


def _recipe(dataset: Path, settings: Settings, folder: Path | None) -> Recipe:
    names = (ROWS, LEAK)
    inputs = {name: file_digest(dataset / name) for name in names if (dataset / name).exists()}
    made_of = recipe(
        "analysis",
        f"{analysis.VERSION}.{picture.VERSION}",
        inputs=inputs | {"tokenizer": tokenizer_digest(folder) if folder else "none"},
        settings={"dataset": settings.dataset},
    )
    read = {"base": settings.train.base, "max_seq_length": settings.train.max_seq_length}
    return made_of.model_copy(update={"settings": {**made_of.settings, "train": read}})
