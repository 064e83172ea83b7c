"""Dask and Ray give the dataset of the run's own process, byte for byte."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest

from understudy.artifacts import file_digest

EXTRAS = {"dask": "prefect_dask", "ray": "prefect_ray"}


@pytest.mark.campaign
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("runner", EXTRAS)
def test_a_runner_gives_every_file_of_the_threads(project, runner):
    if find_spec(EXTRAS[runner]) is None:
        pytest.skip(f"{EXTRAS[runner]} is an extra")
    here = files_of(project, "threads")

    assert {path.split("/")[0] for path in here} >= {
        "transcripts",
        "questions",
        "answers",
        "dataset",
    }
    assert files_of(project, runner) == here


def files_of(project, runner):
    """Digests of all that collecting and building leave in the channel's folder, made anew."""
    folder = project.data("demo")
    shutil.rmtree(folder, ignore_errors=True)
    for command in ("collect", "build-dataset"):
        ran = project.run(
            command,
            "--config",
            "config/demo.yaml",
            settings=(f"scaling.runner={runner}", "scaling.workers=2"),
            limit_s=600,  # each worker imports Prefect
        )
        assert ran.status == 0, ran.said
    return {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_runner_that_is_not_installed_is_named_with_the_way_to_it(monkeypatch):
    from flows import workers
    from understudy.errors import ConfigError
    from understudy.settings import ScalingSettings

    monkeypatch.setattr(workers, "find_spec", lambda _: None)

    with (
        pytest.raises(ConfigError, match=r"prefect_ray is not installed.*understudy\[ray\]"),
        workers.workers_of(ScalingSettings(runner="ray", workers=None)),
    ):
        pass
