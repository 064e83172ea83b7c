"""A dataset goes to the Hub whole, private by default, and never by accident to everybody."""

from __future__ import annotations

import pytest

from tests.support.fake_hub import serving_hub
from tests.support.rows import divided, many_rows, split_settings
from understudy.dataset import dataset_account, dataset_recipe, dataset_writers
from understudy.errors import ConfigError, DataError
from understudy.manifests import publish
from understudy.push import push
from understudy.settings import load_settings


@pytest.fixture(scope="module")
def dataset(root, tmp_path_factory):
    settings = load_settings(root / "config" / "demo.yaml")
    rows, _ = divided(many_rows(12), split_settings())
    folder = tmp_path_factory.mktemp("dataset")
    made_of = dataset_recipe("0" * 64, settings)
    publish(folder, dataset_writers(rows, settings), made_of, dataset_account(rows))
    (folder / "notes.txt").write_text("not listed in the manifest")
    return folder


@pytest.fixture
def hub(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with serving_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        yield hub


def test_what_the_manifest_lists_is_uploaded_and_nothing_else(dataset, hub):
    page = push(dataset, "me/mine", public=False)

    assert page == f"{hub.address}/datasets/me/mine"
    assert set(hub.files) == {path.name for path in dataset.iterdir()} - {"notes.txt"}
    assert hub.files["README.md"] == (dataset / "README.md").read_bytes()
    assert hub.private == {"me/mine": True}
    assert hub.tokens == {"Bearer hf_secret"}


def test_a_public_repository_takes_it_only_by_request(dataset, hub):
    hub.private["me/open"] = False

    with pytest.raises(ConfigError, match="public on the Hub"):
        push(dataset, "me/open", public=False)
    assert hub.files == {}

    push(dataset, "me/open", public=True)
    assert "train.jsonl" in hub.files


def test_no_token_and_no_name_are_refused_before_anything_is_sent(dataset, hub, monkeypatch):
    with pytest.raises(ConfigError, match="owner/name"):
        push(dataset, "../../etc", public=False)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ConfigError, match="no HF_TOKEN"):
        push(dataset, "me/mine", public=False)
    assert hub.private == {}


def test_a_refusal_of_the_hub_is_told_without_the_token(dataset, hub):
    hub.refuses = 403

    with pytest.raises(DataError, match="the Hub did not take me/mine") as refused:
        push(dataset, "me/mine", public=False)
    assert "hf_secret" not in str(refused.value)


def test_a_torn_dataset_is_not_pushed(tmp_path, hub):
    with pytest.raises(DataError, match="not whole"):
        push(tmp_path, "me/mine", public=False)
