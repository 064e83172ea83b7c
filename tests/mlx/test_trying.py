"""Two updates of the longest rows, measured."""

from __future__ import annotations

from tests.support.tiny import tiny_spec
from understudy.training.batches import Plan
from understudy.training.layout import Layout
from understudy.training.trying import heaviest, try_out


def test_memory_and_time_are_measured_and_nothing_is_trained(tiny_base, tiny_dataset, tmp_path):
    spec = tiny_spec(tiny_base, tiny_dataset, tmp_path / "run", grad_checkpoint=True)

    tried = try_out(spec, lambda _: None, lambda: False)

    assert tried.peak_bytes > (tiny_base / "model.safetensors").stat().st_size
    assert tried.update_s > 0
    assert tried.updates == 12
    assert not (spec.folder / "adapters.safetensors").exists()


def test_the_update_with_the_largest_call_is_tried():
    layout = Layout(kind="bucketed", batch_size=2, capacity=0, call_cost=16, width=64)
    plan = Plan(lengths=(20, 30, 90, 40, 25), epochs=1, window=2, seed=0, layout=layout)

    rows = [row for call in heaviest(plan).groups for line in call for row in line]

    assert 2 in rows
