"""Memory and time of loss and gradient: chunked and fused, beside all logits at once.

At the shape of a Llama 3 vocabulary: 1,024 tokens of width 512 against 128,256
entries, in float32. Each way runs in a process of its own; the peak counts what
stands above weights and inputs, and the time is CPU seconds, least of several, of one
thread: others that wait for it spin, which is no work.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from frame import report

VOCABULARY, WIDTH, TOKENS = 128_256, 512, 1_024
REPEATS = 2
ENGINES = ("full", "chunked")


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
        return
    import mlx.core as mx

    with tempfile.TemporaryDirectory() as scratch:
        measured = {engine: child(engine, scratch) for engine in ENGINES}
        losses, gradients = zip(
            *(mx.load(str(Path(scratch) / f"{engine}.npz")).values() for engine in ENGINES),
            strict=True,
        )
    full, chunked = measured["full"], measured["chunked"]
    distance = mx.abs(gradients[1] - gradients[0]).max() / mx.abs(gradients[0]).max()
    report(
        "train-memory",
        {
            "peak_ratio": round(chunked["peak_mb"] / full["peak_mb"], 3),
            "time_ratio": round(chunked["cpu_s"] / full["cpu_s"], 3),
            "grad_rel_error": float(f"{distance.item():.2g}"),
            "loss_rel_error": float(f"{abs(losses[1].item() / losses[0].item() - 1):.2g}"),
            "peak_mb_full": round(full["peak_mb"]),
            "peak_mb_chunked": round(chunked["peak_mb"]),
            "cpu_s_full": round(full["cpu_s"], 2),
            "cpu_s_chunked": round(chunked["cpu_s"], 2),
        },
    )


def child(engine: str, scratch: str) -> dict[str, float]:
    from understudy.child import child_environment

    done = subprocess.run(
        [sys.executable, __file__, engine, scratch],
        capture_output=True,
        text=True,
        check=True,
        env={**child_environment(), "OPENBLAS_NUM_THREADS": "1"},
    )
    result = json.loads(done.stdout.splitlines()[-1])
    print(engine, result, file=sys.stderr)
    return result


def measure(engine: str, folder: Path) -> dict[str, float]:
    """Peak above what was there before, in MB, and CPU seconds; the gradient goes to a file."""
    import mlx.core as mx

    step, inputs = build(engine)
    mx.reset_peak_memory()
    before = mx.get_active_memory()
    loss, gradient = step(*inputs)
    mx.eval(loss, gradient)
    peak = mx.get_peak_memory() - before
    mx.savez(str(folder / f"{engine}.npz"), loss=loss, gradient=gradient)
    seconds: list[float] = []
    for _ in range(REPEATS):
        began = cpu_seconds()
        mx.eval(step(*inputs))
        seconds.append(cpu_seconds() - began)
    return {"peak_mb": peak / 1e6, "cpu_s": min(seconds)}


def build(engine: str) -> tuple[Any, tuple[Any, ...]]:
    """A compiled loss with its gradient, and hidden states, targets and weights for it."""
    import mlx.core as mx
    from mlx import nn

    from understudy.training.heads import Head
    from understudy.training.loss import fused_loss

    mx.random.seed(0)
    layer = nn.Linear(WIDTH, VOCABULARY, bias=False)
    layer.freeze()
    head = Head(
        backbone=lambda hidden: hidden,
        layer=layer,
        tied=False,
        multiplier=1.0,
        soft_cap=None,
        vocabulary=VOCABULARY,
    )
    inputs = (
        mx.random.normal((TOKENS, WIDTH)),
        mx.random.randint(0, VOCABULARY, (TOKENS,)),
        (mx.random.uniform(shape=(TOKENS,)) < 0.86).astype(mx.float32),  # the answers' share
    )
    mx.eval(layer.parameters(), *inputs)

    def full(hidden: mx.array, targets: mx.array, weights: mx.array) -> mx.array:
        return (nn.losses.cross_entropy(layer(hidden), targets) * weights).sum()

    def chunked(hidden: mx.array, targets: mx.array, weights: mx.array) -> mx.array:
        return fused_loss(head, hidden, targets, weights)

    chosen = full if engine == "full" else chunked
    return mx.compile(mx.value_and_grad(chosen)), inputs


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
