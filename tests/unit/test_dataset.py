"""The published folder: read by mlx-lm as it lies, a card that validates, the same bytes again."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.support.rows import divided, many_rows, row_of, split_settings
from tests.support.tiny import make_dataset
from understudy.analysis.figures import figures_of
from understudy.artifacts import file_digest
from understudy.card import card, inline
from understudy.chat import PART_FILES, chat_example, check_parts, examples_of
from understudy.dataset import (
    SECTIONS,
    dataset_account,
    dataset_recipe,
    dataset_writers,
    settings_text,
)
from understudy.errors import DataError, EmptyStageError
from understudy.leak import leak_report
from understudy.manifests import publish
from understudy.rows import drop
from understudy.settings import load_settings


@pytest.fixture(scope="module")
def settings(root):
    return load_settings(root / "config" / "demo.yaml")


@pytest.fixture(scope="module")
def rows():
    rows, _ = divided(many_rows(12), split_settings())
    variant = rows[0].model_copy(
        update={"id": f"{rows[0].id}:p1", "kind": "paraphrase", "part": "train"}
    )
    return [*rows, variant, drop(row_of("w:q01"), "off_topic")]


@pytest.fixture(scope="module")
def folder(rows, settings, tmp_path_factory):
    made_of = dataset_recipe("0" * 64, settings)
    folder = tmp_path_factory.mktemp("dataset")
    publish(folder, dataset_writers(rows, settings), made_of, dataset_account(rows))
    return folder


def test_the_folder_holds_everything(folder):
    assert {path.name for path in folder.iterdir()} == {
        "rows.parquet",
        "train.jsonl",
        "valid.jsonl",
        "test.jsonl",
        "leak.json",
        "manifest.json",
        "README.md",
        "dataset.html",
        "settings.yaml",
    }


def test_the_same_rows_give_the_same_bytes(folder, rows, settings, tmp_path):
    publish(tmp_path, dataset_writers(rows, settings), dataset_recipe("0" * 64, settings))

    names = [path.name for path in folder.iterdir() if path.name != "manifest.json"]
    assert all(file_digest(folder / name) == file_digest(tmp_path / name) for name in names)


def test_mlx_lm_reads_it_with_its_own_loader(folder, rows):
    datasets = pytest.importorskip("mlx_lm.tuner.datasets")

    train, valid, test = datasets.load_local_dataset(folder, None, SimpleNamespace())

    kept = [row for row in rows if row.status == "kept"]
    assert [type(part).__name__ for part in (train, valid, test)] == ["ChatDataset"] * 3
    assert len(train) + len(valid) + len(test) == len(kept)
    assert [turn["role"] for turn in train[0]["messages"]] == ["user", "assistant"]


def test_every_line_has_the_same_fields_without_null(folder):
    lines = [
        json.loads(line)
        for part in ("train", "valid", "test")
        for line in (folder / f"{part}.jsonl").read_text().splitlines()
    ]

    assert {tuple(line) for line in lines} == {
        ("messages", "id", "source_id", "video_id", "kind", "generator")
    }
    assert all(value is not None for line in lines for value in line.values())


def test_held_out_parts_never_hold_a_variant():
    variant = row_of("v:q01:p1", source_id="v:q01", kind="paraphrase", part="test")

    assert list(examples_of([variant, row_of(part="test")], "test", None)) == [
        chat_example(row_of(part="test"), None)
    ]


def test_the_system_prompt_comes_first_where_there_is_one():
    roles = [turn.role for turn in chat_example(row_of(), "Be brief.").messages]

    assert roles == ["system", "user", "assistant"]


def test_a_part_without_rows_has_no_file(settings):
    rows = [row_of("a:q01", part="train"), row_of("b:q01", part="test")]

    assert "valid.jsonl" not in dataset_writers(rows, settings)


def test_nothing_to_train_on_is_refused(settings):
    with pytest.raises(EmptyStageError, match="train on"):
        dataset_writers([row_of(part="test"), drop(row_of("a:q01"), "empty")], settings)


def test_the_account_explains_every_row(rows):
    one = dataset_account(rows)

    assert (one.requested, one.produced, dict(one.dropped)) == (50, 49, {"off_topic": 1})


def test_only_settings_that_make_the_rows_rename_the_dataset(settings, root):
    path = root / "config" / "demo.yaml"
    other = load_settings(path, {"train": {"epochs": 1}})
    changed = load_settings(path, {"dedup": {"threshold": 0.9}})

    names = [dataset_recipe("0" * 64, one).digest for one in (settings, other, changed)]

    assert names[0] == names[1] != names[2]


# --- the card ----------------------------------------------------------------------


def test_the_card_has_the_header_that_the_hub_reads(folder):
    text = (folder / "README.md").read_text()

    header = yaml.safe_load(text.split("---\n")[1])
    assert header["license"] == "other"
    assert header["language"] == ["en"]
    assert header["size_categories"] == ["n<1K"]
    files = {one["split"]: one["path"] for one in header["configs"][0]["data_files"]}
    assert files == {"train": "train.jsonl", "validation": "valid.jsonl", "test": "test.jsonl"}
    assert all((folder / path).exists() for path in files.values())


def test_the_card_lets_no_markup_in(rows, settings):
    channel = settings.channel.model_copy(
        update={"speaker": "<script>alert(1)</script> *x*", "subject": "a | b\n# c"}
    )
    text = card(
        figures_of(rows),
        leak_report(rows, split_settings()),
        settings.model_copy(update={"channel": channel}),
    )

    html = MarkdownIt("commonmark").render(text.split("---\n", 2)[2])
    assert "<script" not in html
    assert "<h1>c" not in html
    assert "<em>x" not in html


@given(st.text(max_size=80))
def test_inline_text_stays_on_its_line_and_plain(text):
    shown = inline(text)

    assert "\n" not in shown
    assert "<script" not in MarkdownIt("commonmark").render(f"# {shown}")


def test_the_settings_beside_it_are_those_that_made_it(settings):
    loaded = yaml.safe_load(settings_text(settings))

    assert tuple(loaded) == SECTIONS
    assert loaded["dedup"] == settings.dedup.model_dump(mode="json")


@pytest.mark.parametrize("part", PART_FILES)
def test_a_part_that_was_edited_after_it_was_published_is_refused_by_name(tmp_path, part):
    dataset = make_dataset(tmp_path / "0123456789ab")
    check_parts(dataset)
    path = dataset / part
    path.write_text(path.read_text().replace("a", "b"))

    with pytest.raises(DataError, match=rf"{part} of the dataset 0123456789ab .* build-dataset"):
        check_parts(dataset)
