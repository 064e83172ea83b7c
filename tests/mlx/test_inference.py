"""Scoring and generation against the plain way of doing the same."""

from __future__ import annotations

import math

import mlx.core as mx
import numpy as np
import pytest

from tests.support.tiny import chat
from understudy.errors import TrainingError
from understudy.inference import LoadedModel

ROWS = [
    chat("a?", "aaa."),
    chat("what is b?", "bbbbbbbbbbbbbb."),
    chat("c", "c"),
    chat("d", "é" * 40),
]


@pytest.fixture(scope="module")
def loaded(tiny_base) -> LoadedModel:
    return LoadedModel.load(tiny_base)


def test_a_score_is_the_sum_over_the_answers_tokens(loaded):
    scores = loaded.score(ROWS, batch_size=3)

    for row, score in zip(ROWS, scores, strict=True):
        encoded = loaded.chat.row(row)
        tokens = mx.array(encoded.tokens)[None]
        logits = loaded._model(tokens[:, :-1])
        logprobs = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
        each = -np.array(mx.take_along_axis(logprobs, tokens[:, 1:, None], axis=-1))[0, :, 0]
        assert score.tokens == encoded.length - encoded.prompt_length
        assert math.isclose(score.loss_sum, each[encoded.prompt_length - 1 :].sum(), rel_tol=1e-5)


def test_the_score_does_not_depend_on_the_batch(loaded):
    alone = loaded.score(ROWS, batch_size=1)
    together = loaded.score(ROWS, batch_size=4)

    assert [one.loss_sum for one in alone] == pytest.approx(
        [one.loss_sum for one in together], rel=1e-5
    )


def test_batched_generation_gives_the_text_of_one_by_one(loaded):
    from mlx_lm.generate import generate

    prompts = [row[:-1] for row in ROWS]

    batched = loaded.generate(prompts, max_tokens=12, batch_size=3)

    for messages, found in zip(prompts, batched, strict=True):
        expected = generate(
            loaded._model, loaded._tokenizer, prompt=loaded.chat.prompt(messages), max_tokens=12
        )
        assert found.text == expected


def test_a_question_is_put_as_the_chat_template_puts_it(loaded, monkeypatch):
    from mlx_lm.generate import BatchGenerator

    asked: list[list[int]] = []
    insert = BatchGenerator.insert

    def seen(self, prompts, *arguments, **options):
        asked.extend(prompts)
        return insert(self, prompts, *arguments, **options)

    monkeypatch.setattr(BatchGenerator, "insert", seen)
    loaded.generate([ROWS[0][:-1]], max_tokens=1, batch_size=1)

    assert loaded.chat.text(asked[0]) == "<|user|>\na?<|end|><|assistant|>\n"


def test_each_answer_is_handed_over_as_soon_as_it_is_done(loaded):
    seen: dict[int, str] = {}

    done = loaded.generate(
        [row[:-1] for row in ROWS],
        max_tokens=5,
        batch_size=2,
        on_done=lambda index, one: seen.update({index: one.text}),
    )

    assert seen == {index: one.text for index, one in enumerate(done)}
    assert all(one.tokens <= 5 for one in done)


@pytest.mark.parametrize(
    ("config", "weights"),
    [(b"{\xff", b""), (b"[]", b""), (b'{"num_layers": 1}', b""), (None, b"")],
)
def test_a_damaged_adapter_is_named_with_what_to_do(tiny_base, tmp_path, config, weights):
    if config is not None:
        (tmp_path / "adapter_config.json").write_bytes(config)
    (tmp_path / "adapters.safetensors").write_bytes(weights)

    with pytest.raises(TrainingError, match=r"adapter_config\.json.*train again"):
        LoadedModel.load(tiny_base, tmp_path)


def test_switching_on_an_adapter_that_is_not_there_is_refused(loaded):
    with pytest.raises(TrainingError, match="no adapter was loaded"):
        loaded.adapter(on=True)
