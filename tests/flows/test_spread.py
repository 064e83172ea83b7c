"""The pair search on Dask and Ray gives the dataset of the threads, byte for byte."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from understudy.artifacts import file_digest

EXTRAS = {"dask": "prefect_dask", "ray": "prefect_ray"}


@pytest.mark.campaign
@pytest.mark.parametrize("runner", EXTRAS)
def test_a_runner_gives_the_dataset_of_the_threads(project, runner):
    if find_spec(EXTRAS[runner]) is None:
        pytest.skip(f"{EXTRAS[runner]} is an extra")
    project.run("collect", "--config", "config/demo.yaml")
    here = digests(project, "threads")

    assert here
    assert digests(project, runner) == here


def digests(project, runner):
    """Of everything in the dataset, made anew."""
    stage = project.data("demo") / "stages" / "2-deduplicate"
    (stage / "manifest.json").unlink(missing_ok=True)
    ran = project.run(
        "build-dataset",
        "--config",
        "config/demo.yaml",
        settings=(f"scaling.runner={runner}", "scaling.workers=2"),
    )
    assert ran.status == 0, ran.said
    folder = next((project.data("demo") / "dataset").iterdir())
    return {path.name: file_digest(path) for path in folder.iterdir()} | {
        path.name: file_digest(path) for path in stage.iterdir()
    }


def test_a_runner_that_is_not_installed_is_named_with_the_way_to_it(monkeypatch, tmp_path):
    from flows import spread
    from understudy.errors import ConfigError
    from understudy.settings import ScalingSettings

    monkeypatch.setattr(spread, "find_spec", lambda _: None)

    with pytest.raises(ConfigError, match=r"prefect_ray is not installed.*understudy\[ray\]"):
        spread.search_by(ScalingSettings(runner="ray", workers=None), tmp_path)
