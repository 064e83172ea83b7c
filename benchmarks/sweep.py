"""Does a sweep find the best learning rate of the whole grid, for a fraction of its updates?

Every learning rate of a logarithmic range is trained to the end on the sample, three seeds each.
Two things follow from the recorded curves: the best of the full grid, and what the sweep decides,
because a trial that stops at a rung and goes on is the same training bit for bit
(`tests/mlx/test_sweep.py`).

`benchmarks/sweep.py [PROJECT]`: a project whose demo dataset is there, to be used again; the plot
and the trials stay in it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from frame import ROOT, report
from sample import CONFIG, make_sample

from understudy.child import child_environment
from understudy.settings import load_settings
from understudy.sweep.halving import Score, score
from understudy.sweep.job import Job, begin, loss_at, open_job
from understudy.sweep.result import PLOT, SweepResult
from understudy.sweep.settings import SweepSettings, load_sweep
from understudy.sweep.showing import recommendation, sweep_plot
from understudy.workspace import Workspace

SHORT = {"train.epochs": 1, "train.eval_every": 3, "train.save_every": 10_000}
"""So that the benchmark takes minutes; the range, seeds and rungs are the committed sweep's."""


def main() -> None:
    if len(sys.argv) < 3:  # once more with the fast BLAS
        project = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()
        os.execve(sys.executable, [sys.executable, __file__, project, "child"], child_environment())
    root = Path(sys.argv[1])
    dataset = make_sample(root)
    committed = load_sweep(ROOT / "config" / "sweeps" / "learning_rate.yaml")
    sweep = SweepSettings.model_validate({**committed.model_dump(), "set": SHORT})
    settings = load_settings(ROOT / CONFIG)
    job = open_job(Workspace(root, "demo"), dataset, settings=settings, sweep=sweep)
    full = train_all(job)
    found = replay(job)
    (root / PLOT).write_bytes(sweep_plot(found))
    for line in recommendation(found):
        print(line)
    report("sweep", figures(full, found))


def train_all(job: Job) -> dict[int, Score]:
    """Train the full grid, and score it at its end."""
    from understudy.training.run import train

    ends = begin(job).rungs
    for trial in job.trials:
        if loss_at(trial, ends[trial.number][-1]) is None:
            train(trial.spec, lambda _: None, lambda: False)
    return {
        number: score([known(loss_at(one, ends[number][-1])) for one in job.of(number)])
        for number in range(len(ends))
    }


def known(loss: Any) -> Any:
    assert loss is not None
    return loss


def replay(job: Job) -> SweepResult:
    """What the sweep decides from the same curves."""
    state = begin(job)
    while state.place is not None:
        state.take(
            {
                number: [known(loss_at(one, state.until(number))) for one in job.of(number)]
                for number in state.alive
            }
        )
    return state.result()


def figures(full: dict[int, Score], found: SweepResult) -> dict[str, Any]:
    best = min(full, key=lambda number: full[number].loss)
    chosen = found.recommended
    assert chosen is not None
    key = "train.learning_rate"
    return {
        "share_of_updates": round(found.updates_spent / found.updates_of_full_grid, 3),
        "best_of_grid": found.combinations[best].values[key],
        "recommended": found.combinations[chosen].values[key],
        "loss_above_best": round(full[chosen].loss - full[best].loss, 5),
        "standard_error_of_best": round(full[best].error, 5),
        "within_standard_error": full[chosen].loss - full[best].loss <= full[best].error,
        "tied": [found.combinations[number].values[key] for number in found.tied],
        "losses": {
            str(one.values[key]): round(full[number].loss, 4)
            for number, one in enumerate(found.combinations)
        },
    }


if __name__ == "__main__":
    main()
