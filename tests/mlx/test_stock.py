"""Against mlx-lm's own trainer: the same figures where it is right, others where it is not."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from mlx import nn
from mlx_lm.tuner.trainer import default_loss
from mlx_lm.utils import load

from tests.support.architectures import ARCHITECTURES
from tests.support.tiny import make_base, make_rows
from understudy.training.batches import collate, example, pack
from understudy.training.chat import ChatFormat
from understudy.training.heads import find_head
from understudy.training.loss import Objective
from understudy.training.packing import can_pack, segment_caches
from understudy.training.step import arrays


@pytest.fixture(scope="module", params=ARCHITECTURES)
def loaded(request, tmp_path_factory):
    model, tokenizer = load(
        str(make_base(tmp_path_factory.mktemp("base"), ARCHITECTURES[request.param]))
    )
    model.freeze()
    for layer in model.layers:
        layer.input_layernorm.unfreeze()
    return model, tokenizer


@pytest.fixture
def examples(loaded):
    form = ChatFormat(loaded[1])
    return [
        example(row["id"], "v", form.row(row["messages"]), max_seq_length=None, mask_prompt=True)
        for row in make_rows(7)
    ]


def test_the_loss_of_a_batch_is_stocks(loaded, examples):
    model, _ = loaded
    batch = collate([[row] for row in range(7)], examples)
    tokens = np.concatenate([batch.inputs, np.zeros((7, 1), np.int32)], axis=1)
    for row, one in enumerate(examples):
        tokens[row, : one.length] = one.tokens
    # stock counts one padding token after each row as learned: its lengths are one too long
    spans = mx.array([[one.learned_from, one.length - 1] for one in examples])

    stock, count = default_loss(model, mx.array(tokens), spans)
    head, reason = find_head(model)
    ours = Objective(model, head).total(*arrays(batch)[:4]) / batch.learned

    assert head is not None, reason
    assert int(count) == batch.learned
    assert float(ours) == pytest.approx(float(stock), rel=1e-5)


def test_packed_rows_give_loss_and_gradient_of_single_ones(loaded, examples):
    model, _ = loaded
    possible, reason = can_pack(model)
    assert possible, reason
    objective = Objective(model, find_head(model)[0])
    bins = pack(range(7), [one.length for one in examples], 128)
    assert len(bins) < 5

    def packed() -> mx.array:
        total = mx.array(0.0)
        for one in bins:
            batch = collate([one], examples)
            caches = segment_caches(model, mx.array(batch.rows)) if batch.packed else None
            total = total + objective.total(*arrays(batch)[:4], caches)
        return total

    def alone() -> mx.array:
        return sum(objective.total(*arrays(collate([[row]], examples))[:4]) for row in range(7))

    together, gradient = nn.value_and_grad(model, packed)()
    single, expected = nn.value_and_grad(model, alone)()

    assert float(together) == pytest.approx(float(single), rel=1e-5)
    for layer in range(len(model.layers)):
        found = gradient["model"]["layers"][layer]["input_layernorm"]["weight"]
        wanted = expected["model"]["layers"][layer]["input_layernorm"]["weight"]
        assert float(mx.abs(found - wanted).max()) <= 1e-4 * float(mx.abs(wanted).max())


def test_no_packed_row_sees_another(loaded, examples):
    model, _ = loaded
    batch = collate([[0, 1, 2]], examples)
    changed = batch.inputs.copy()
    changed[batch.rows == 0] = 9

    def last_row(inputs) -> mx.array:
        caches = segment_caches(model, mx.array(batch.rows))
        return model(mx.array(inputs), cache=caches)[0, np.flatnonzero(batch.rows[0] == 2)[0] :]

    assert mx.array_equal(last_row(batch.inputs), last_row(changed))


def test_a_model_whose_layers_look_at_absolute_places_is_not_packed(tmp_path, monkeypatch):
    model, _ = load(str(make_base(tmp_path / "base")))
    plain = type(model).__call__

    def placed(self, inputs, cache=None):
        return plain(self, inputs, cache=cache) * (1 + mx.arange(inputs.shape[1])[:, None])

    monkeypatch.setattr(type(model), "__call__", placed)

    possible, reason = can_pack(model)

    assert not possible
    assert "where in the sequence" in reason
