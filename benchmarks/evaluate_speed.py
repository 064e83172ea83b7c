"""What one load and batches save, on the sample with its real held-out rows.

Scoring: base and tuned model in one process with one load, against two passes with a load each as
one would run them otherwise, by stock `mlx_lm.lora --test` (and, as a further figure, by the same
code). Generation: our batches against `mlx_lm.generate`, one prompt after the other, on 64 prompts; the
text must be the same.

Each runs in a process of its own that imports what it needs and no more, start and load included; CPU
seconds of one thread are compared, because other work on the machine moves the clock and not them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from frame import report

PROMPTS, MAX_TOKENS, BATCH = 64, 80, 32
ROUNDS = 2


def main() -> None:
    options = _options()
    if options.job:
        name, base, run, dataset = options.job
        print(json.dumps(JOBS[name](Path(base), Path(run), Path(dataset))))
        return
    from sample import Channel, make_sample  # what a job would load and not need

    with tempfile.TemporaryDirectory() as scratch:
        root = options.root or Path(scratch) / "project"
        dataset = make_sample(root)
        channel = Channel(root)
        run = channel.train(dataset, "evaluate-speed", epochs=1.0)
        found = {name: _least(name, channel.base, run, dataset) for name in JOBS}
        stock = sum(_stock(channel.base, adapter, dataset) for adapter in (None, run))
    passes = found["base"]["cpu_s"] + found["tuned"]["cpu_s"]
    texts = [found[name]["texts"] for name in ("sequential", "batched")]
    report(
        "evaluate-speed",
        {
            "scoring_speedup": round(stock / found["both"]["cpu_s"], 2),
            "scoring_speedup_own_code": round(passes / found["both"]["cpu_s"], 2),
            "generation_speedup": round(found["sequential"]["s"] / found["batched"]["s"], 2),
            "same_text": sum(a == b for a, b in zip(*texts, strict=True)) / PROMPTS,
            "prompts": PROMPTS,
        },
    )


def _least(name: str, base: Path, run: Path, dataset: Path) -> dict[str, Any]:
    """The fastest of the rounds: what the machine adds is never negative."""
    command = [sys.executable, __file__, "--job", name, str(base), str(run), str(dataset)]
    return min((_spawned(command) for _ in range(ROUNDS)), key=lambda one: one["cpu_s"])


def _stock(base: Path, adapter: Path | None, dataset: Path) -> float:
    """One pass of mlx-lm's own held-out loss over all rows."""
    command = [sys.executable, "-m", "mlx_lm", "lora", "--model", str(base), "--data", str(dataset)]
    command += ["--test", "--test-batches", "-1", "--batch-size", "4", "--mask-prompt"]
    command += ["--adapter-path", str(adapter or "")]  # stock tests the base with an empty one
    return min(_spawned(command)["cpu_s"] for _ in range(ROUNDS))


def _spawned(command: list[str]) -> dict[str, Any]:
    """Run a child; its result, with the CPU seconds of its whole life."""
    from understudy.child import child_environment

    before = _children_s()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**child_environment(), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    last = (done.stdout.splitlines() or ["{}"])[-1]
    result = json.loads(last) if last.startswith("{") else {}
    return {**result, "cpu_s": _children_s() - before}


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- the jobs, each in a process of its own ---------------------------------------


def _score(base: Path, run: Path, dataset: Path, arms: tuple[bool, ...]) -> dict[str, Any]:
    from understudy.inference import LoadedModel

    rows = [row["messages"] for row in _rows(dataset, "test")]
    model = LoadedModel.load(base, run if any(arms) else None)
    losses = []
    for on in arms:
        model.adapter(on=on)
        losses.append(sum(one.loss_sum for one in model.score(rows, batch_size=16)))
    return {"losses": losses}


def _prompts(dataset: Path) -> list[Any]:
    rows = [row for part in ("test", "valid", "train") for row in _rows(dataset, part)]
    return [row["messages"][:-1] for row in rows[:PROMPTS]]


def _rows(dataset: Path, part: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (dataset / f"{part}.jsonl").read_text().splitlines()]


def _batched(base: Path, run: Path, dataset: Path) -> dict[str, Any]:
    from understudy.inference import LoadedModel

    model, prompts = LoadedModel.load(base, run), _prompts(dataset)
    began = time.process_time()
    found = model.generate(prompts, max_tokens=MAX_TOKENS, batch_size=BATCH)
    return {"texts": [one.text for one in found], "s": time.process_time() - began}


def _sequential(base: Path, run: Path, dataset: Path) -> dict[str, Any]:
    from mlx_lm import generate, load

    model, tokenizer = load(str(base), adapter_path=str(run))[:2]
    prompts = [
        tokenizer.apply_chat_template(one, add_generation_prompt=True) for one in _prompts(dataset)
    ]
    began = time.process_time()
    texts = [generate(model, tokenizer, one, max_tokens=MAX_TOKENS) for one in prompts]
    return {"texts": texts, "s": time.process_time() - began}


JOBS = {
    "both": lambda *found: _score(*found, arms=(False, True)),
    "base": lambda *found: _score(*found, arms=(False,)),
    "tuned": lambda *found: _score(*found, arms=(True,)),
    "batched": _batched,
    "sequential": _sequential,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, help="keeps the sample's dataset for the next time")
    parser.add_argument("--job", nargs=4)
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
