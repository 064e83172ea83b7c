"""The published dataset: chat files, every row with its fate, a page, a card and the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from understudy.accounting import Account
from understudy.analysis.figures import Figures, figures_of
from understudy.artifacts import Artifact, write_json, write_jsonl, write_text
from understudy.browse import page
from understudy.card import card
from understudy.chat import examples_of, part_of
from understudy.errors import EmptyStageError
from understudy.leak import LeakReport, leak_report
from understudy.manifests import Recipe, recipe
from understudy.records import Part
from understudy.rows import ROWS, fates_account, rows_writer
from understudy.settings import Settings
from understudy.split import PARTS
from understudy.table import Rows

VERSION = "2"
PAGE = "dataset.html"
SECTIONS = (
    "channel",
    "questions",
    "answers",
    "dedup",
    "filter",
    "audit",
    "split",
    "augment",
    "dataset",
)
"""Settings that made the rows; they are published beside them and belong to the recipe."""

Writer = Callable[[Path], Artifact]


def dataset_recipe(rows_sha256: str, settings: Settings) -> Recipe:
    """What determines a dataset; its digest's first 12 characters name the folder."""
    return recipe(
        "dataset",
        f"{VERSION}.{page.VERSION}",
        inputs={ROWS: rows_sha256, "linked": str(_linked(settings)).lower()},
        settings={name: getattr(settings, name) for name in SECTIONS},
    )


def _linked(settings: Settings) -> bool:
    """Whether the page may take ids for YouTube's: names of local files can look like them."""
    return settings.source.kind != "folder"


def dataset_account(rows: Rows) -> Account:
    """How many of all rows, variants included, are in a part, and why the others are not.

    This is the line that explains every row that ever entered: the stages before each account for
    their own work only.
    """
    return fates_account("dataset", [row.reason for row in rows])


def dataset_writers(
    rows: Rows,
    settings: Settings,
    figures: Figures | None = None,
    leak: LeakReport | None = None,
) -> dict[str, Writer]:
    """One writer per file of the dataset's folder, for `artifacts.publish`.

    A part without rows has no file: mlx-lm's loader takes a missing file for an empty part, and
    stumbles over an empty one.

    Args:
        figures: Of these rows, where the caller has them.
        leak: Of their split, which measured it.

    Raises:
        EmptyStageError: Nothing is left to train on.
    """
    sizes = Counter(map(part_of, rows))
    if not sizes["train"]:
        raise EmptyStageError(
            f"none of {sizes.total()} rows is left to train on: look at `reason` in {ROWS}, then "
            "loosen the filter or add videos"
        )
    leak = leak or leak_report(rows, settings.split)
    return {
        ROWS: rows_writer(rows),
        **{
            f"{part}.jsonl": _examples_writer(rows, part, settings.dataset.system_prompt)
            for part in PARTS
            if sizes[part]
        },
        "leak.json": partial(write_json, value=leak),
        PAGE: partial(
            write_text, content=page.render(rows, settings.channel, linked=_linked(settings))
        ),
        "settings.yaml": partial(write_text, content=settings_text(settings)),
        "README.md": partial(write_text, content=card(figures or figures_of(rows), leak, settings)),
    }


def _examples_writer(rows: Rows, part: Part, system_prompt: str | None) -> Writer:
    return lambda path: write_jsonl(path, examples_of(rows, part, system_prompt))


def settings_text(settings: Settings) -> str:
    """The sections of the settings that made the rows, as YAML."""
    chosen = {name: getattr(settings, name).model_dump(mode="json") for name in SECTIONS}
    return yaml.safe_dump(chosen, sort_keys=False, allow_unicode=True, width=100)
