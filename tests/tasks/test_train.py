"""The training task: fresh results are reused, cut ones are gone on with, bases are checked."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import threading
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from tasks.policy import Outcome, unwrap
from tasks.train import train
from tests.support.tiny import make_base, make_dataset, train_settings
from understudy.errors import BaseModelError, DataError, TrainingError
from understudy.locking import take
from understudy.manifests import read_manifest
from understudy.training.turns import LOCK
from understudy.workspace import Workspace

SETTINGS = train_settings(
    epochs=3, gradient_accumulation_steps=1, eval_every=10, save_every=2, lora={"dropout": 0.1}
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("project")
    make_base(root / "models" / "tiny")
    make_dataset(root / "data" / "bees" / "dataset" / "0123456789ab")
    return root


@pytest.fixture(scope="module")
def dataset(project) -> Path:
    return project / "data" / "bees" / "dataset" / "0123456789ab"


@pytest.fixture
def workspace(project, tmp_path) -> Workspace:
    """A channel in which nothing was trained yet."""
    return Workspace(root=project, channel=tmp_path.name)


@pytest.fixture(scope="module")
def whole(project, dataset) -> tuple[Workspace, Outcome, list[dict]]:
    """A channel with a run that nothing disturbed, and that run's events.

    It had to wait for its device: this process held it until that was said.
    """
    workspace, events = Workspace(root=project, channel="bees"), list[dict]()
    other = take(project / LOCK, what="the device")

    def watch(event: dict) -> None:
        events.append(event)
        if event["event"] == "waiting":
            os.close(other)

    return workspace, asyncio.run(run(workspace, dataset, watch)), events


async def run(workspace, dataset, watch=None, **changes) -> Outcome:
    settings = SETTINGS.model_copy(update=changes)
    options = {} if watch is None else {"watch": watch}
    with disable_run_logger():
        result = await train.fn(
            workspace, dataset, settings=settings, system_prompt=None, **options
        )
    return unwrap(result)


def losses(folder: Path) -> list:
    metrics = json.loads((folder / "training_metrics.json").read_text())
    return list(zip(metrics["iterations"], metrics["train_loss"], metrics["val_loss"], strict=True))


@pytest.mark.anyio
async def test_a_run_is_whole_and_the_next_one_reuses_it(whole, dataset):
    workspace, first, events = whole

    second = await run(workspace, dataset)

    manifest = read_manifest(first.folder)
    assert manifest is not None
    assert set(manifest.files) == set(first.files)
    assert first.account.produced == 33
    assert next(e for e in events if e["event"] == "plan")["message"] == (
        "22 rows x 3 epochs / 2 = 33 updates"
    )
    assert second.cached
    assert second.folder == first.folder
    assert not list(first.folder.glob("checkpoint*"))
    assert not list(first.folder.glob(".child*"))


def test_a_training_waits_for_the_one_before_it_and_says_for_whom(whole):
    kinds = [event["event"] for event in whole[2]]

    assert kinds[:2] == ["waiting", "plan"]
    assert f"process {os.getpid()}" in whole[2][0]["message"]


async def killed_at(update: int, workspace, dataset, **changes) -> None:
    """Train until this update is done, and hardly further."""

    def kill(event: dict) -> None:
        if event["event"] == "update" and event["update"] == update:
            os.kill(child_of_this_process(), signal.SIGKILL)

    with pytest.raises(TrainingError, match="memory"):
        await run(workspace, dataset, kill, **changes)


def same(parts: Outcome, whole: Outcome) -> None:
    names = ("adapters.safetensors", "last/adapters.safetensors")
    assert losses(parts.folder) == losses(whole.folder)
    assert [parts.files[n].sha256 for n in names] == [whole.files[n].sha256 for n in names]


@pytest.mark.anyio
async def test_a_run_killed_in_the_middle_goes_on_bit_for_bit(whole, workspace, dataset):
    await killed_at(15, workspace, dataset)
    said = list[dict]()

    same(await run(workspace, dataset, said.append), whole[1])
    assert next(event for event in said if event["event"] == "resumed")["update"] >= 10


@pytest.mark.campaign
@pytest.mark.anyio
async def test_a_run_killed_at_ten_random_updates_goes_on_bit_for_bit(project, workspace, dataset):
    long = {"epochs": 20}  # 220 updates: a child must not be through before its killer looks
    undisturbed = await run(Workspace(root=project, channel="long"), dataset, **long)

    for update in sorted(random.Random(0).sample(range(1, 180), 10)):
        await killed_at(update, workspace, dataset, **long)

    same(await run(workspace, dataset, **long), undisturbed)


@pytest.mark.anyio
async def test_a_cancelled_run_ends_with_an_adapter_and_goes_on(workspace, dataset):
    seen = threading.Event()

    def watch(event: dict) -> None:
        if event["event"] == "update" and event["update"] == 3:
            seen.set()

    running = asyncio.create_task(run(workspace, dataset, watch, epochs=200))
    await asyncio.to_thread(seen.wait, 60)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    (folder,) = workspace.models.iterdir()
    assert (folder / "last" / "adapters.safetensors").exists()
    assert (folder / "checkpoint.safetensors").exists()
    assert read_manifest(folder) is None


@pytest.mark.anyio
async def test_a_base_without_a_template_is_refused_before_anything_runs(workspace, dataset):
    make_base(workspace.root / "models" / "mute", template=None)

    with pytest.raises(BaseModelError, match="no chat template"):
        await run(workspace, dataset, base="models/mute")

    assert not workspace.models.exists()


@pytest.mark.anyio
async def test_an_incomplete_dataset_is_refused(workspace):
    dataset = make_dataset(workspace.datasets / "0123456789ab")
    (dataset / "manifest.json").unlink()

    with pytest.raises(DataError, match="not complete"):
        await run(workspace, dataset)


def child_of_this_process() -> int:
    me = os.getpid()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = status.read_text().partition(" ")
            parent = int(rest.rpartition(") ")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == me and b"understudy.training.run" in command:
            return int(pid)
    raise AssertionError("the child is not running")
