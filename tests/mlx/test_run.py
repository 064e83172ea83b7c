"""Whole trainings of a tiny model, in this process."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import stdev

import mlx.core as mx
import pytest

from tests.support.tiny import chat, train_tiny
from understudy.artifacts import read_jsonl
from understudy.errors import TrainingError
from understudy.inference import LoadedModel
from understudy.training.loading import loading
from understudy.training.loop import Finished
from understudy.training.metrics import LINES, Metrics

DROPOUT = {"dropout": 0.2}
STORMY = {"schedule": "constant", "warmup_share": 0.0, "clip_norm": None}


@pytest.fixture
def run(tiny_base, tiny_dataset, tmp_path):
    def start(name: str = "run", stop_after: int | None = None, **changes) -> tuple[Path, Finished]:
        seen: list[dict] = []

        def stopping() -> bool:
            done = sum(event["event"] == "update" for event in seen)
            return stop_after is not None and done >= stop_after

        folder = start.folder = tmp_path / name
        finished = train_tiny(
            tiny_base, tiny_dataset, folder, send=seen.append, stopping=stopping, **changes
        )
        start.events = seen
        return folder, finished

    return start


@pytest.fixture(scope="module")
def plain(tiny_base, tiny_dataset, tmp_path_factory) -> tuple[Path, Finished]:
    """The run that others are compared with, as it comes."""
    folder = tmp_path_factory.mktemp("plain") / "run"
    return folder, train_tiny(tiny_base, tiny_dataset, folder)


@pytest.fixture(scope="module")
def dropped(tiny_base, tiny_dataset, tmp_path_factory) -> Path:
    """The same with dropout."""
    folder = tmp_path_factory.mktemp("dropped") / "run"
    train_tiny(tiny_base, tiny_dataset, folder, lora=DROPOUT)
    return folder


def losses(folder: Path) -> list[tuple[int, float | None, float | None]]:
    lines = read_jsonl(folder / LINES, Metrics)
    return [(one.iteration, one.train_loss, one.val_loss) for one in lines]


def test_a_training_leaves_everything_a_stranger_needs(plain):
    folder, finished = plain

    assert finished.updates == 12  # 22 rows x 2 epochs / 4, the last of each epoch with 2 rows
    assert finished.last_val_loss < finished.start_val_loss
    metrics = json.loads((folder / "training_metrics.json").read_text())
    lengths = {len(value) for name, value in metrics.items() if name != "config"}
    assert lengths == {13}
    assert metrics["config"]["effective"]["rank"] == 4
    assert metrics["val_loss_se"][0] > 0
    about = json.loads((folder / "run_metadata.json").read_text())
    assert about["git"] == "not a repository"
    assert about["result"]["best_update"] == finished.best_update
    assert str(folder.parent) not in (folder / "run_metadata.json").read_text()
    assert (folder / "loss_curve.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "last" / "adapters.safetensors").exists()


def test_mlx_lm_loads_the_adapter_and_the_two_models_differ(plain, tiny_base):
    from mlx_lm.utils import load

    folder, _ = plain
    loaded = LoadedModel.load(tiny_base, folder)
    prompt = chat("a?", "")[:-1]

    tuned = loaded.logits(prompt)
    loaded.adapter(on=False)
    base = loaded.logits(prompt)
    loaded.adapter(on=True)

    tokens = mx.array(loaded.chat.prompt(prompt))[None]
    stock_tuned = load(str(tiny_base), adapter_path=str(folder))[0](tokens)[0, -1]
    stock_base = load(str(tiny_base))[0](tokens)[0, -1]
    assert mx.array_equal(tuned, stock_tuned)
    assert mx.array_equal(base, stock_base)
    assert mx.array_equal(loaded.logits(prompt), stock_tuned)
    assert not mx.allclose(tuned, base)


def test_a_validation_loss_is_what_scoring_the_rows_gives(plain, tiny_base, tiny_dataset):
    folder, finished = plain
    rows = [json.loads(line) for line in (tiny_dataset / "valid.jsonl").read_text().splitlines()]
    loaded = LoadedModel.load(tiny_base, folder)

    scores = loaded.score([row["messages"] for row in rows], batch_size=3)

    mean = sum(one.loss_sum for one in scores) / sum(one.tokens for one in scores)
    assert mean == pytest.approx(finished.best_val_loss, rel=1e-5)


@pytest.mark.parametrize("stop_after", [2, 7])
def test_an_interrupted_training_goes_on_bit_for_bit(run, dropped, stop_after):
    whole = dropped

    _, stopped = run("parts", stop_after=stop_after, lora=DROPOUT)
    parts, finished = run("parts", lora=DROPOUT)

    assert stopped.ending == "interrupted"
    assert finished.ending == "finished"
    assert losses(parts) == losses(whole)
    for file in ("adapters.safetensors", "last/adapters.safetensors"):
        assert (parts / file).read_bytes() == (whole / file).read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"batching": "packed"},
        {"loss": "full"},
        {"grad_checkpoint": True},
        {"batch_size": 4, "gradient_accumulation_steps": 1},
        {"batch_size": 1, "gradient_accumulation_steps": 4},
        {"eval_every": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_way_it_is_computed_does_not_change_what_is_learned(run, plain, changes):
    other, _ = run(**changes)

    expected = {one: loss for one, loss, _ in losses(plain[0]) if loss is not None}
    found = {one: loss for one, loss, _ in losses(other) if loss is not None}
    assert found == pytest.approx(expected, rel=2e-4)


@pytest.mark.campaign
def test_packing_and_chunking_move_the_result_less_than_another_seed_does(run):
    def final(seed: int, **changes) -> float:
        name = f"{seed}-{len(changes)}"
        return run(name, seed=seed, lora={"dropout": 0.1}, **changes)[1].last_val_loss

    plain = [final(seed, loss="full") for seed in range(5)]
    fast = [final(seed, batching="packed", loss="chunked") for seed in range(5)]

    moved = max(abs(one - other) for one, other in zip(plain, fast, strict=True))
    assert moved < stdev(plain)


def test_what_would_not_fit_is_trained_cheaper_and_stays_so_when_it_goes_on(run):
    tight = {"loss": "full", "batch_size": 4, "gradient_accumulation_steps": 1, "epochs": 0.4}

    with pytest.raises(TrainingError, match=r"set train\.loss=chunked"):
        run("refused", memory={"auto": False, "limit_gb": 0.001}, **tight)
    assert not (Path(run.folder) / "training_metrics.jsonl").exists()

    memory = {"auto": True, "limit_gb": 0.001}
    folder, _ = run("cheaper", stop_after=1, memory=memory, **tight)
    begun = json.loads((folder / "run_metadata.json").read_text())
    run("cheaper", memory={"auto": True, "limit_gb": 1.0}, **tight)
    after = json.loads((folder / "run_metadata.json").read_text())

    assert begun["memory"]["applied"] == ["train.loss=chunked", "train.grad_checkpoint=true"]
    assert begun["memory"]["foreseen_bytes"] <= begun["memory"]["room_bytes"] == 1_000_000
    assert after["memory"]["applied"] == begun["memory"]["applied"]
    assert after["notes"]


def test_dropout_is_the_same_with_and_without_checkpointing(run, dropped):
    other, _ = run(lora=DROPOUT, grad_checkpoint=True)

    assert [one[1] for one in losses(other)[1:]] == pytest.approx(
        [one[1] for one in losses(dropped)[1:]], rel=1e-5
    )


@pytest.mark.parametrize("kind", ["dora", "full"])
def test_other_ways_of_tuning_load_and_switch(run, tiny_base, kind):
    from mlx_lm.utils import load

    folder, finished = run(fine_tune=kind, learning_rate=1e-3)
    loaded = LoadedModel.load(tiny_base, folder)
    prompt = chat("a?", "")[:-1]
    tokens = mx.array(loaded.chat.prompt(prompt))[None]

    tuned = loaded.logits(prompt)
    loaded.adapter(on=False)

    assert finished.best_val_loss < finished.start_val_loss
    assert mx.array_equal(loaded.logits(prompt), load(str(tiny_base))[0](tokens)[0, -1])
    assert mx.array_equal(tuned, load(str(tiny_base), adapter_path=str(folder))[0](tokens)[0, -1])


def test_the_best_adapter_is_kept_and_not_the_last(run, monkeypatch):
    monkeypatch.setattr(
        "understudy.training.loop.learning_rate", lambda update, *_: 3e-3 if update < 9 else 0.3
    )

    folder, finished = run(eval_every=1)
    values = {one: value for one, _, value in losses(folder) if value is not None and one > 0}
    assert finished.best_update == min(values, key=values.__getitem__)
    assert finished.best_update < finished.updates
    best, last = (folder / "adapters.safetensors"), (folder / "last" / "adapters.safetensors")
    assert best.read_bytes() != last.read_bytes()


def test_patience_ends_a_training_that_gets_no_better(run):
    _, finished = run(learning_rate=0.3, epochs=20, eval_every=1, patience=3, **STORMY)

    assert finished.ending == "patience"
    assert finished.updates < 60


def test_a_loss_that_is_no_number_ends_with_the_last_good_adapter(run, monkeypatch):
    from understudy.training.step import Stepper

    apply = Stepper.apply
    monkeypatch.setattr(
        Stepper, "apply", lambda self, g, rate: apply(self, g, math.nan if rate < 2e-3 else rate)
    )

    with pytest.raises(
        TrainingError, match=r"is nan.*update 5 is kept.*Lower train\.learning_rate"
    ):
        run(schedule="linear", eval_every=1, warmup_share=0)


def test_an_adapter_that_changes_nothing_is_an_error(run):
    with pytest.raises(TrainingError, match="changes no logit"):
        run(learning_rate=1e-30)


def test_more_layers_than_the_base_has_are_refused(run):
    with pytest.raises(TrainingError, match=r"lora\.layers is 3, but the base has 2"):
        run(lora={"layers": 3})


def test_zero_layers_do_not_mean_all(run):
    with pytest.raises(TrainingError, match=r"lora\.layers is 0"):
        run(lora={"layers": 0})


def test_rows_stay_laid_out_as_the_run_began(run):
    def batching() -> dict:
        return next(event for event in run.events if event["event"] == "plan")["batching"]

    folder, _ = run("parts", stop_after=1, batching="auto", epochs=0.4)
    counted = batching()
    about = json.loads((folder / "run_metadata.json").read_text())
    other = {"kind": "packed", "saved_by_packing": 0.5, "reason": "counted elsewhere"}
    (folder / "run_metadata.json").write_text(json.dumps({**about, "batching": other}))
    run("parts", batching="auto", epochs=0.4)

    assert about["batching"] == counted
    assert counted["reason"].startswith("packing ")
    assert batching() == other
    assert json.loads((folder / "run_metadata.json").read_text())["batching"] == other


def test_a_module_that_is_not_there_is_named(run):
    with pytest.raises(TrainingError, match=r"self_attn\.qproj.*self_attn\.q_proj"):
        run(lora={"modules": ("self_attn.qproj",)})


def test_the_effective_settings_are_read_from_the_tensors(run):
    some = {"layers": 1, "rank": 3, "scale": 5.0, "dropout": 0.25, "modules": ("self_attn.q_proj",)}

    run(lora=some, epochs=0.2)

    plan = next(event for event in run.events if event["event"] == "plan")
    assert plan["effective"] == {
        "fine_tune": "lora",
        "rank": 3,
        "scale": 5.0,
        "dropout": 0.25,
        "layers": [1],
        "modules": ["self_attn.q_proj"],
        "trainable_parameters": 3 * (32 + 32),
        "total_parameters": plan["effective"]["total_parameters"],
        "learning_rate_times_scale": pytest.approx(3e-3 * 5),
    }


def test_what_metal_recommends_is_kept_from_being_swapped_out(tiny_base, monkeypatch):
    wired: list[int] = []
    monkeypatch.setattr(mx, "set_wired_limit", wired.append)

    with loading(tiny_base):
        assert wired == []
    monkeypatch.setattr(mx, "device_info", lambda: {"max_recommended_working_set_size": 2**33})
    with loading(tiny_base):
        assert wired == [2**33]


def test_metrics_need_no_printed_text(run, capfd):
    folder, finished = run(epochs=0.2)

    assert capfd.readouterr() == ("", "")
    assert [one for one, _, _ in losses(folder)] == list(range(finished.updates + 1))


def test_rows_too_long_are_refused_by_count(run):
    with pytest.raises(TrainingError, match=r"\d+ of 22 rows are longer.*max_seq_length"):
        run(max_seq_length=20)
