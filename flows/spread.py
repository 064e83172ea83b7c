"""The pair search in portions, on whatever task runner the settings name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prefect import flow

from tasks.pairs import find_pairs, read_pairs
from understudy.artifacts import write_json
from understudy.dedup import Search
from understudy.errors import ConfigError
from understudy.settings import ScalingSettings
from understudy.similarity.pairs import Pairs, joined, near_pairs

_EXTRAS = {"dask": "prefect_dask", "ray": "prefect_ray"}


def search_by(scaling: ScalingSettings, scratch: Path) -> Search:
    """The search that the settings name.

    Args:
        scratch: A folder that all workers see; emptied again.

    Raises:
        ConfigError: The runner's package is not installed.
    """
    if scaling.runner == "threads":
        return near_pairs
    if find_spec(_EXTRAS[scaling.runner]) is None:
        raise ConfigError(
            f"scaling.runner is {scaling.runner!r} and {_EXTRAS[scaling.runner]} is not installed: "
            f"`pip install 'understudy[{scaling.runner}]'`, or set scaling.runner to threads"
        )
    return _Spread(scaling, scratch)


@dataclass(frozen=True)
class _Spread:
    scaling: ScalingSettings
    scratch: Path

    def __call__(self, texts: Sequence[str], *, threshold: float) -> Pairs:
        """Search in portions and put them together: the same pairs as those of one process."""
        workers = self.scaling.workers or os.cpu_count() or 1
        self.scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.scratch, prefix=".pairs-") as folder:
            file = write_json(Path(folder) / "texts.json", list(texts)).path
            runner = _runner(self.scaling.runner, workers)
            search = pair_search.with_options(task_runner=runner)
            # More portions than workers, so that none waits long for the last one.
            paths = search(str(file), threshold=threshold, portions=4 * workers)
            return joined([read_pairs(path) for path in paths])


@flow(name="pair-search", persist_result=False)
def pair_search(texts: str, threshold: float, portions: int) -> list[Path]:
    """Search all portions side by side."""
    futures = [
        find_pairs.submit(Path(texts), threshold=threshold, portion=number, of=portions)
        for number in range(portions)
    ]
    return [future.result() for future in futures]


def _runner(name: str, workers: int) -> Any:
    """A task runner with processes of its own, for as long as the search takes."""
    if name == "dask":
        from prefect_dask import DaskTaskRunner  # pyright: ignore[reportMissingImports]

        return DaskTaskRunner(
            cluster_kwargs={
                "n_workers": workers,
                "threads_per_worker": 1,
                "dashboard_address": None,
            }
        )
    from prefect_ray import RayTaskRunner  # pyright: ignore[reportMissingImports]

    return RayTaskRunner(init_kwargs={"num_cpus": workers, "include_dashboard": False})
