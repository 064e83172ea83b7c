"""The semantic pass with a model of sentence-transformers, made here: the hub is never asked."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.rows import dedup_settings, row_of
from understudy.dedup import deduplicate_rows
from understudy.errors import ConfigError
from understudy.meanings import open_encoder, without_paraphrases
from understudy.quality import defects

WORDS = "why do bees dance in the hive what is wax made of does honey keep for years ?"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny BERT with random weights: it takes questions of the same words for the same."""
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is an extra")
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("model")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder / "bert")
    bert = models.Transformer(str(folder / "bert"))
    pooling = models.Pooling(32)
    SentenceTransformer(modules=[bert, pooling]).save(str(folder / "sentences"))
    return str(folder / "sentences")


@pytest.mark.campaign
def test_vectors_have_length_one_and_do_not_depend_on_their_company(model):
    encode = open_encoder(model)
    texts = ["why do bees dance ?", "what is wax made of ?"]

    vectors = encode(texts)

    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(encode(texts[1:]), vectors[1:], atol=1e-5)


@pytest.mark.campaign
def test_the_same_words_in_another_order_are_one_group(model):
    questions = ["why do bees dance in the hive ?", "in the hive why do bees dance ?",
                 "does honey keep for years ?"]  # fmt: skip
    rows = [
        row_of(f"v{number}:q01", question=question, answer=f"Answer {number}.")
        for number, question in enumerate(questions)
    ]
    encode = open_encoder(model)
    near = float(np.dot(*encode(questions[:2])))
    far = float(max(encode(questions[:2]) @ encode(questions[2:])[0]))
    settings = dedup_settings(semantic="drop", semantic_threshold=round((near + far) / 2, 4))

    first = deduplicate_rows(rows, settings, defects=defects)
    result, groups = without_paraphrases(first, settings, encode=encode, defects=defects)

    assert far < near
    assert len(first.clusters) == 0
    assert [{member.id for member in group.members} for group in groups] == [{"v0:q01", "v1:q01"}]
    assert sum(row.reason == "same_meaning" for row in result.rows) == 1


@pytest.mark.campaign
def test_a_folder_that_is_no_model_is_named(model, tmp_path):
    with pytest.raises(ConfigError, match=r"semantic_model .* cannot be loaded"):
        open_encoder(str(tmp_path))
