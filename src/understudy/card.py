"""The dataset's card: README.md with the header that the Hugging Face Hub reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from understudy.analysis.figures import Figures
from understudy.leak import LeakReport
from understudy.records import Part
from understudy.settings import Settings
from understudy.split import PARTS

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
)


def card(figures: Figures, leak: LeakReport, settings: Settings) -> str:
    """Render README.md: the header that the Hugging Face Hub reads, then the facts in words."""
    parts: list[Part] = [part for part in PARTS if figures.rows_by_part[part]]
    header = yaml.safe_dump(card_header(figures, settings), sort_keys=False, allow_unicode=True)
    channel = settings.channel
    return "\n".join(
        [
            "---",
            header.rstrip(),
            "---",
            f"# Questions and answers in the voice of {inline(channel.speaker)}",
            "",
            (
                f"{figures.kept:,} question-and-answer rows about {inline(channel.subject)}, made from "
                f"{sum(figures.videos_by_part.values()):,} videos with understudy. Every one of the "
                f"{figures.rows:,} rows that were ever made is in `rows.parquet`, with the reason where "
                "it was dropped."
            ),
            "",
            "## Parts",
            "",
            "Videos are divided, not rows; held-out parts hold originals alone.",
            "",
            _table(
                ("part", "rows", "videos"),
                [(p, figures.rows_by_part[p], figures.videos_by_part[p]) for p in parts],
            ),
            "",
            "## Leak",
            "",
            *_leak_lines(leak),
            "",
            "## Rows that are not in it",
            "",
            _table(("reason", "rows"), list(figures.dropped.items()))
            if figures.dropped
            else "None.",
            "",
            "## What the answers look like",
            "",
            *_answer_lines(figures),
            "",
            "![Figures of this dataset](dataset_analysis.png)",
            "",
            "## Where it comes from, and its limits",
            "",
            *_origin_lines(figures),
            "",
        ]
    )


def card_header(figures: Figures, settings: Settings) -> dict[str, Any]:
    """The card's YAML header."""
    parts: list[Part] = [part for part in PARTS if figures.rows_by_part[part]]
    names: dict[Part, str] = {"train": "train", "valid": "validation", "test": "test"}
    return {
        "pretty_name": f"{settings.channel.speaker}: questions and answers",
        "language": [settings.channel.language],
        "license": "other",
        "license_name": "unknown",
        "task_categories": ["question-answering", "text-generation"],
        "size_categories": [next((s for n, s in _SIZES if figures.kept < n), "n>1M")],
        "tags": ["understudy", "synthetic"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": names[part], "path": f"{part}.jsonl"} for part in parts],
            }
        ],
    }


def _leak_lines(leak: LeakReport) -> list[str]:
    rows = [
        (name, _share(one.rows_sharing_video, one.held_out_rows),
         _share(one.rows_near_duplicate, one.held_out_rows),
         _share(one.rows_sharing_8gram, one.held_out_rows))
        for name, one in (("a random split of the rows", leak.before), ("this split", leak.after))
    ]  # fmt: skip
    heads = ("held-out rows", "with their video in train", "with a near-duplicate question in train",
             "sharing 8 words of the answer with train")  # fmt: skip
    return [
        _table(heads, rows),
        "",
        (
            f"{leak.purged_rows} training rows ({leak.purged_share:.1%}) were taken out because their "
            f"question is more than {leak.threshold:g} similar to a held-out one."
        ),
        "",
        *(f"- {claim}" for claim in leak.claims),
    ]


def _answer_lines(figures: Figures) -> list[str]:
    form = figures.form
    return [
        (
            f"- Markdown, by strict parse: bold {form.bold:.1%}, list {form.list:.1%}, paragraphs "
            f"{form.paragraphs:.1%}, all three {form.all_three:.1%}."
        ),
        (
            f"- Length in characters: mean {figures.answers.mean:g}, median {figures.answers.median:g}, "
            f"95 % under {figures.answers.p95:g}, longest {figures.answers.longest}."
        ),
        f"- Language, by function words: {_list_of(figures.languages)}.",
        f"- Kinds of rows: {_list_of(figures.kinds)}.",
    ]


def _origin_lines(figures: Figures) -> list[str]:
    lines = [f"- Written by: {_list_of(figures.generators)}."]
    if "replay" in figures.kinds:
        lines.append(
            "- Replay rows come from a file of general chat and are no answers of the speaker."
        )
    return [
        *lines,
        (
            "- The answers are machine-written from transcripts. They may be wrong, they are not the "
            "speaker's own words, and they are no advice."
        ),
        "- The rights in the talks stay with their owners; this card grants no licence.",
        "- `settings.yaml` holds every setting that made it, `manifest.json` the digests.",
    ]


def _share(count: int, total: int) -> str:
    return f"{count} of {total} ({count / max(1, total):.1%})"


def _list_of(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{inline(name)} {count:,}" for name, count in counts.items()) or "none"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def inline(text: str) -> str:
    """Text as one line of Markdown that cannot become markup or HTML."""
    flat = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in flat)
