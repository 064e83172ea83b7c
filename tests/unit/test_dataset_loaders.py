"""The published folder read by Hugging Face's own loaders."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.rows import divided, many_rows, real_answers, split_settings
from understudy.dataset import dataset_account, dataset_recipe, dataset_writers
from understudy.manifests import publish
from understudy.rows import kept, rows_of
from understudy.settings import load_settings

LOAD = """
import json, sys
from datasets import load_dataset
found = load_dataset(sys.argv[1])
print(json.dumps({
    "rows": {name: len(part) for name, part in found.items()},
    "columns": found["train"].column_names,
    "roles": [turn["role"] for turn in found["train"][0]["messages"]],
}))
"""


def published(rows, settings, folder):
    made_of = dataset_recipe("0" * 64, settings)
    publish(folder, dataset_writers(rows, settings), made_of, dataset_account(rows))
    return folder


def test_the_card_is_one_that_the_hub_s_own_library_reads(root, tmp_path):
    from huggingface_hub import DatasetCard, DatasetCardData

    rows, _ = divided(many_rows(12), split_settings())
    settings = load_settings(root / "config" / "demo.yaml")

    card = DatasetCard.load(published(rows, settings, tmp_path) / "README.md")

    assert isinstance(card.data, DatasetCardData)
    assert (card.data.license, card.data.language) == ("other", ["en"])
    assert card.data.size_categories == ["n<1K"]
    assert card.data.pretty_name == "Maren Holt: questions and answers"
    assert [one["split"] for one in card.data.configs[0]["data_files"]] == [
        "train", "validation", "test",
    ]  # fmt: skip
    assert card.text.lstrip().startswith("# Questions and answers")


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_load_dataset_reads_the_real_pairs_from_disk(real_pairs, root, tmp_path):
    """`datasets` lives in an environment of its own: nothing here needs it."""
    rows, _ = divided(rows_of(real_answers(real_pairs)), split_settings())
    settings = load_settings(root / "config" / "imported_pairs.yaml")
    folder = published(rows, settings, tmp_path / "dataset")
    python = tmp_path / "peer" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "datasets"], check=True)

    done = subprocess.run(
        [python, "-c", LOAD, folder],
        env={**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(done.stdout.splitlines()[-1])
    assert sum(found["rows"].values()) == len(kept(rows))
    assert set(found["rows"]) == {"train", "validation", "test"}
    assert found["columns"] == ["messages", "id", "source_id", "video_id", "kind", "generator"]
    assert found["roles"] == ["user", "assistant"]
