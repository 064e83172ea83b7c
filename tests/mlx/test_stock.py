"""Against mlx-lm's own trainer: the same figures where it is right, others where it is not."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from mlx import nn
from mlx import optimizers as optim
from mlx_lm.tuner.callbacks import TrainingCallback
from mlx_lm.tuner.trainer import TrainingArgs, default_loss
from mlx_lm.tuner.trainer import train as stock_train
from mlx_lm.utils import load

from tests.support.architectures import ARCHITECTURES
from tests.support.tiny import make_base, make_rows, tiny_spec
from understudy.artifacts import read_jsonl
from understudy.training.batches import collate, example
from understudy.training.chat import ChatFormat
from understudy.training.heads import find_head
from understudy.training.layout import Layout
from understudy.training.loss import Objective
from understudy.training.metrics import LINES, Metrics
from understudy.training.packing import can_pack, segment_caches
from understudy.training.run import set_up, train
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

    stock, count = default_loss(model, *whole(range(7), examples))
    head, reason = find_head(model)
    ours = Objective(model, head).total(*arrays(batch)[:4]) / batch.learned

    assert head is not None, reason
    assert int(count) == batch.learned
    assert float(ours) == pytest.approx(float(stock), rel=1e-5)


def whole(rows, examples):
    """A batch as stock lays it out: tokens, and the span that is learned."""
    tokens = np.zeros((len(rows), max(examples[row].length for row in rows)), np.int32)
    for line, row in enumerate(rows):
        tokens[line, : examples[row].length] = examples[row].tokens
    # stock counts one padding token after each row as learned: its lengths are one too long
    return mx.array(tokens), mx.array(
        [[examples[row].learned_from, examples[row].length - 1] for row in rows]
    )


def test_fifty_steps_lose_what_stocks_own_trainer_loses(tiny_base, tiny_dataset, tmp_path):
    plain = {
        "loss": "full",
        "batch_size": 4,
        "gradient_accumulation_steps": 1,
        "schedule": "constant",
        "warmup_share": 0.0,
        "clip_norm": None,
        "weight_decay": 0.01,
        "epochs": 183 / 22,  # 8 times 6 updates, and 2 more
    }
    spec = tiny_spec(tiny_base, tiny_dataset, tmp_path / "run", **plain)
    train(spec, lambda _: None, lambda: False)
    ours = [line.train_loss for line in read_jsonl(spec.folder / LINES, Metrics)[1:]]

    again = set_up(spec.model_copy(update={"folder": tmp_path / "stock"}), print, lambda: False)
    plan, examples = again.loop.plan, again.loop.examples
    model = again.model
    stocks: list[float] = []

    class Listener(TrainingCallback):
        def on_train_loss_report(self, train_info):
            stocks.append(train_info["train_loss"])

    def batches(**_):
        for update in plan.after(0):
            rows = [row for group in update.groups for (row,) in group]
            yield whole(rows, examples)

    stock_train(
        model,
        optim.AdamW(spec.settings.learning_rate, weight_decay=0.01, bias_correction=True),
        examples,
        args=TrainingArgs(
            iters=plan.updates,
            steps_per_report=1,
            steps_per_save=1000,
            adapter_file=str(tmp_path / "stock.safetensors"),
        ),
        iterate_batches=batches,
        training_callback=Listener(),
    )

    assert len(ours) == len(stocks) == 50
    assert ours[-1] < ours[0] / 2
    assert ours == pytest.approx(stocks, rel=1e-4)


def test_packed_rows_give_loss_and_gradient_of_single_ones(loaded, examples):
    model, _ = loaded
    possible, reason = can_pack(model)
    assert possible, reason
    objective = Objective(model, find_head(model)[0])
    layout = Layout(kind="packed", batch_size=1, capacity=256, call_cost=16, width=32)
    calls = layout.calls(range(7), [one.length for one in examples])
    assert max(map(len, calls)) > 1
    assert max(len(line) for call in calls for line in call) > 1

    def packed() -> mx.array:
        total = mx.array(0.0)
        for call in calls:
            batch = collate(call, examples)
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
    batch = collate([[0, 1, 2], [3, 4]], examples)
    changed = batch.inputs.copy()
    changed[(batch.rows == 0) | (batch.rows == 3)] = 9

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
