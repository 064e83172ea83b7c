"""The fused loss against the stock one: value, gradient, quantised and bent heads."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from mlx import nn
from mlx.utils import tree_flatten

from tests.support.architectures import GRANITE, PHI
from tests.support.tiny import LLAMA, make_base
from understudy.training.heads import find_head
from understudy.training.loss import Objective, fused_loss

GEMMA2 = {
    "model_type": "gemma2",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "rms_norm_eps": 1e-5,
    "final_logit_softcapping": 0.5,
    "query_pre_attn_scalar": 8,
}
HEADS = {
    "tied": (LLAMA, None),
    "untied": ({**LLAMA, "tie_word_embeddings": False}, None),
    "tied, 8 bit": (LLAMA, 8),
    "untied, 4 bit": ({**LLAMA, "tie_word_embeddings": False}, 4),
    "soft cap": (GEMMA2, None),
    "scaled": (GRANITE, None),
    "bias": (PHI, None),
}


@pytest.fixture(scope="module", params=HEADS)
def model(request, tmp_path_factory):
    from mlx_lm.utils import load

    config, bits = HEADS[request.param]
    loaded = load(str(make_base(tmp_path_factory.mktemp("base"), config, bits=bits)))[0]
    loaded.freeze()
    for layer in loaded.layers:  # something to take gradients of
        layer.input_layernorm.unfreeze()
    return loaded


@pytest.fixture
def batch():
    numbers = np.random.default_rng(0)
    inputs = mx.array(numbers.integers(0, 200, (3, 32)), dtype=mx.int32)
    places = mx.array(np.sort(numbers.choice(96, 80, replace=False)), dtype=mx.int32)
    targets = mx.array(numbers.integers(0, 200, 80), dtype=mx.int32)
    return inputs, places, targets, mx.array(numbers.random(80) < 0.6).astype(mx.float32)


def test_loss_and_gradient_equal_the_stock_ones(model, batch, monkeypatch):
    monkeypatch.setattr("understudy.training.loss.CHUNK_FLOATS", 0)  # 16 rows at a time
    head, reason = find_head(model)
    assert head is not None, reason

    fused, fused_grad = nn.value_and_grad(model, Objective(model, head).total)(*batch)
    stock, stock_grad = nn.value_and_grad(model, Objective(model, None).total)(*batch)

    assert fused.item() == pytest.approx(stock.item(), rel=1e-5)
    pairs = zip(tree_flatten(fused_grad), tree_flatten(stock_grad), strict=True)
    for (name, found), (_, expected) in pairs:
        scale = float(mx.abs(expected).max())
        assert scale > 0, name
        assert float(mx.abs(found - expected).max()) <= 1e-5 * scale, name


def test_losses_of_single_tokens_add_up_to_the_total(model, batch):
    inputs, places, targets, weights = batch
    head, _ = find_head(model)
    objective = Objective(model, head)

    each = objective.per_token(inputs, places, targets)

    assert float((each * weights).sum()) == pytest.approx(
        float(objective.total(inputs, places, targets, weights)), rel=1e-5
    )


def test_an_unknown_architecture_takes_the_stock_path_and_says_so(tiny_base, monkeypatch):
    from mlx_lm.utils import load

    loaded = load(str(tiny_base))[0]
    loaded.freeze()
    monkeypatch.setattr(type(loaded), "__module__", "mlx_lm.models.novel")

    head, reason = find_head(loaded)

    assert head is None
    assert "novel" in reason


def test_a_head_that_bends_logits_unknown_to_us_is_found_out(tiny_base, monkeypatch):
    from mlx_lm.utils import load

    loaded = load(str(tiny_base))[0]
    loaded.freeze()
    plain = type(loaded).__call__
    monkeypatch.setattr(
        type(loaded), "__call__", lambda *args, **options: plain(*args, **options) * 1.1
    )

    head, reason = find_head(loaded)

    assert head is None
    assert "does not reproduce" in reason


def test_a_trained_head_is_left_to_the_stock_path(tiny_base):
    from mlx_lm.utils import load

    loaded = load(str(tiny_base))[0]

    head, reason = find_head(loaded)

    assert head is None
    assert "frozen" in reason


def test_logits_of_one_chunk_only_are_held_at_a_time(tmp_path):
    from mlx_lm.utils import load

    loaded = load(str(make_base(tmp_path / "base")))[0]
    loaded.freeze()
    head, _ = find_head(loaded)
    wide = nn.Embedding(8_000, 32)
    wide.freeze()
    head = type(head)(head.backbone, wide, tied=True, multiplier=1, soft_cap=None, vocabulary=8_000)
    hidden, targets = mx.random.normal((1024, 32)), mx.zeros(1024, dtype=mx.int32)
    mx.eval(hidden, targets, wide.parameters())
    step = mx.compile(
        mx.grad(lambda hidden: fused_loss(head, hidden, targets, mx.ones(1024), chunk=16))
    )

    mx.eval(step(hidden))
    mx.reset_peak_memory()
    before = mx.get_active_memory()
    mx.eval(step(hidden))
    peak = mx.get_peak_memory() - before

    chunk, full = 16 * 8_000 * 4, 1024 * 8_000 * 4
    assert peak < 14 * chunk < full / 4
