"""Time per useful token of this engine and of stock `mlx_lm.lora`, side by side.

Same random base, same rows, same LoRA, validation included, our default layout (`auto`)
and beside it the one that it did not choose. Each runs in a process of its own; CPU
seconds are compared, because other work on the machine moves the clock and less so
them. It moves them by a tenth all the same, so they take turns, and the median of
the turns' ratios counts. BLAS takes one thread: waiting threads spin, which is no
work.

The head (embedding against vocabulary) is 24 % of the base's parameters, as in
Llama-3.2-1B (21 %) and Qwen3-0.6B (26 %). With `--head large` it is 57 %, as in
Gemma 3 270M (63 %).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from frame import ROOT, report

ROWS, VALID = 64, 8
REAL = ROOT.parent / "shared" / "data" / "fung_qa.jsonl"
WAYS = {"batch4": (4, 1), "batch1": (1, 8)}
ROUNDS = 5
OTHER = {"bucketed": "packed", "packed": "bucketed"}
BASES: dict[str, dict[str, int]] = {
    "usual": {"hidden_size": 192, "intermediate_size": 576, "num_hidden_layers": 6},
    "large": {"hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 4},
}
VOCABULARY = {"usual": 4096, "large": 8192}


def main() -> None:
    if len(sys.argv) == 4:
        way, engine, folder = sys.argv[1:]
        print(json.dumps(measure(way, engine, Path(folder))))
        return
    base = "large" if "large" in sys.argv else "usual"
    figures: dict[str, Any] = {"head": base}
    with tempfile.TemporaryDirectory() as scratch:
        figures["tokens_per_row"] = prepare(Path(scratch), base)
        for way in WAYS:
            figures |= compare(way, scratch)
    overheads = [value for name, value in figures.items() if name.startswith("loop_overhead_")]
    report("train-time", {**figures, "loop_overhead": max(overheads)})


def compare(way: str, scratch: str) -> dict[str, Any]:
    """One batch size: how much faster than stock `auto` is, and the layout that it did not take."""
    stock, auto, other = [], [], []
    for _ in range(ROUNDS):
        stock.append(child(way, "stock", scratch))
        auto.append(child(way, "auto", scratch))
        other.append(child(way, OTHER[auto[-1]["layout"]], scratch))
    figures: dict[str, Any] = {f"layout_{way}": auto[0]["layout"]}
    for ours in (auto, other):
        layout = ours[0]["layout"]
        ratios = [one["cpu_s"] / two["cpu_s"] for one, two in zip(stock, ours, strict=True)]
        figures[f"speedup_{way}_{layout}"] = round(median(ratios), 2)
        overhead = max(run["overhead"] for run in ours)
        figures[f"loop_overhead_{way}_{layout}"] = round(overhead, 4)
    return {**figures, f"speedup_{way}": figures[f"speedup_{way}_{auto[0]['layout']}"]}


def child(way: str, engine: str, scratch: str) -> dict[str, Any]:
    from understudy.child import child_environment

    done = subprocess.run(
        [sys.executable, __file__, way, engine, scratch],
        capture_output=True,
        text=True,
        check=True,
        env={**child_environment(), "OPENBLAS_NUM_THREADS": "1"},
    )
    result = json.loads(done.stdout.splitlines()[-1])
    print(way, engine, result, file=sys.stderr)
    return result


def prepare(folder: Path, base: str) -> float:
    """A random Llama with a tokenizer of the rows' own words, and the rows; their mean length."""
    from mlx_lm.utils import load

    from tests.support.tiny import LLAMA, make_base
    from understudy.artifacts import write_jsonl
    from understudy.manifests import publish, recipe
    from understudy.training.chat import ChatFormat

    texts = read_texts()
    config = {**LLAMA, **BASES[base], "vocab_size": VOCABULARY[base]}
    path = make_base(folder / "base", config)
    train_tokenizer(path / "tokenizer.json", texts, VOCABULARY[base])
    rebuild(path, VOCABULARY[base])
    spread = texts[:: len(texts) // (ROWS + VALID)][: ROWS + VALID]
    rows = [
        {
            "messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}],
            "id": f"v{i % 12}:q{i:02d}",
            "video_id": f"v{i % 12}",
        }
        for i, (q, a) in enumerate(spread)
    ]
    parts = {"train.jsonl": rows[:ROWS], "valid.jsonl": rows[ROWS:]}
    publish(
        folder / "data",
        {n: (lambda path, part=part: write_jsonl(path, part)) for n, part in parts.items()},
        recipe("dataset", "1"),
    )
    chat = ChatFormat(load(str(path))[1])
    return round(sum(chat.row(row["messages"]).length for row in rows) / len(rows), 1)


def train_tokenizer(path: Path, texts: list[tuple[str, str]], size: int) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    from tests.support.tiny import SPECIALS

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIALS, initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator((text for pair in texts for text in pair), trainer)
    tokenizer.save(str(path))


def rebuild(base: Path, vocabulary: int) -> None:
    """Make the weights again for another vocabulary."""
    import mlx.core as mx
    from mlx.utils import tree_flatten
    from mlx_lm.models import llama

    config = json.loads((base / "config.json").read_text()) | {"vocab_size": vocabulary}
    model = llama.Model(llama.ModelArgs.from_dict(config))
    mx.save_safetensors(str(base / "model.safetensors"), dict(tree_flatten(model.parameters())))
    (base / "config.json").write_text(json.dumps(config))


def read_texts() -> list[tuple[str, str]]:
    """Real pairs where they are at hand; made-up ones of like length else."""
    if REAL.exists():
        pairs = [json.loads(line) for line in REAL.read_text().splitlines()]
        return [(pair["question"], pair["answer"]) for pair in pairs]
    import random

    draw = random.Random(0)
    words = [f"{a}{b}" for a in ("be", "ho", "nec", "ta", "so") for b in ("e", "ney", "tar", "lk")]
    return [
        (" ".join(draw.choices(words, k=15)) + "?", " ".join(draw.choices(words, k=n)) + ".")
        for n in (draw.randint(60, 260) for _ in range(ROWS + VALID))
    ]


def measure(way: str, engine: str, folder: Path) -> dict[str, Any]:
    batch, accumulation = WAYS[way]
    return (
        stock(folder, batch, accumulation)
        if engine == "stock"
        else ours(folder, batch, accumulation, engine)
    )


def ours(folder: Path, batch: int, accumulation: int, layout: str) -> dict[str, Any]:
    from understudy.models import base_digests
    from understudy.settings import load_settings
    from understudy.training.run import set_up
    from understudy.training.spec import TrainSpec

    settings = load_settings(ROOT / "config" / "demo.yaml").train.model_copy(
        update={
            "batch_size": batch,
            "gradient_accumulation_steps": accumulation,
            "epochs": 1.0,
            "batching": layout,
            "eval_every": 10_000,
            "save_every": 10,
            "report_every": 5,
            "max_seq_length": 1024,
        }
    )
    spec = TrainSpec(
        folder=Path(tempfile.mkdtemp(dir=folder)),  # one that was used would go on
        root=ROOT,
        base=folder / "base",
        base_digests=base_digests(folder / "base"),
        dataset=folder / "data",
        dataset_name="data",
        dataset_digests={},
        settings=settings,
        system_prompt=None,
        blas="",
    )
    loop = set_up(spec, lambda _: None, lambda: False).loop
    inside = Inside(loop)
    began, cpu = time.perf_counter(), cpu_seconds()
    loop.run()
    wall = time.perf_counter() - began
    return {
        "cpu_s": cpu_seconds() - cpu,
        "wall_s": wall,
        "overhead": 1 - inside.seconds / wall,
        "layout": loop.plan.layout.kind,
    }


class Inside:
    """Adds up the time inside the compiled functions; the rest is the loop's."""

    def __init__(self, loop: Any) -> None:
        self.seconds = 0.0
        for owner, name in (
            (loop.stepper, "gradient"),
            (loop.stepper, "apply"),
            (loop, "_validate"),
        ):
            setattr(owner, name, self.timed(getattr(owner, name)))

    def timed(self, inner: Any) -> Any:
        def run(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return inner(*arguments)
            finally:
                self.seconds += time.perf_counter() - began

        return run


def stock(folder: Path, batch: int, accumulation: int) -> dict[str, float]:
    import contextlib
    import os

    import mlx.core as mx
    import mlx.optimizers as optim
    import numpy as np
    from mlx_lm.tuner.datasets import CacheDataset, ChatDataset
    from mlx_lm.tuner.trainer import TrainingArgs, train
    from mlx_lm.tuner.utils import linear_to_lora_layers
    from mlx_lm.utils import load

    model, tokenizer = load(str(folder / "base"))
    model.freeze()
    mx.random.seed(42)
    np.random.seed(42)
    linear_to_lora_layers(model, -1, {"rank": 8, "scale": 20.0, "dropout": 0.0})
    sets = [
        CacheDataset(ChatDataset(read(folder / "data" / name), tokenizer, mask_prompt=True))
        for name in ("train.jsonl", "valid.jsonl")
    ]
    for one in sets:
        for index in range(len(one)):
            one[index]  # tokenise before the clock starts, as ours does
    options = TrainingArgs(
        batch_size=batch,
        iters=ROWS // batch,
        val_batches=-1,
        steps_per_report=5,
        steps_per_eval=10_000,
        steps_per_save=10,
        max_seq_length=1024,
        adapter_file=str(folder / "stock.safetensors"),
        grad_accumulation_steps=accumulation,
    )
    began, cpu = time.perf_counter(), cpu_seconds()
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        train(model, optim.AdamW(learning_rate=1e-3), *sets, args=options)
    return {"cpu_s": cpu_seconds() - cpu, "wall_s": time.perf_counter() - began}


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
