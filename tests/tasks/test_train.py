"""The training task: fresh results are reused, cut ones are gone on with, bases are checked."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from tasks.policy import unwrap
from tasks.train import train
from tests.support.tiny import make_base, make_dataset
from understudy.artifacts import read_manifest
from understudy.errors import BaseModelError, DataError, TrainingError
from understudy.settings import LoraSettings, TrainSettings
from understudy.workspace import Workspace

SETTINGS = TrainSettings(
    base="models/tiny",
    fine_tune="lora",
    learning_rate=3e-3,
    warmup_share=0.1,
    schedule="cosine",
    weight_decay=0.01,
    clip_norm=1.0,
    epochs=3,
    batch_size=2,
    gradient_accumulation_steps=1,
    max_seq_length=96,
    max_truncated_share=0,
    mask_prompt=True,
    batching="bucketed",
    loss="chunked",
    grad_checkpoint=False,
    eval_every=10,
    save_every=2,
    report_every=1,
    patience=0,
    seed=7,
    lora=LoraSettings(layers=-1, rank=4, scale=10.0, dropout=0.1, modules=None),
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    make_base(tmp_path / "models" / "tiny")
    return Workspace(root=tmp_path, channel="bees")


@pytest.fixture
def dataset(workspace: Workspace) -> Path:
    return make_dataset(workspace.datasets / "0123456789ab")


async def run(workspace, dataset, watch=None, **changes):
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
async def test_a_run_is_whole_and_the_next_one_reuses_it(workspace, dataset):
    events: list[dict] = []

    first = await run(workspace, dataset, events.append)
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


@pytest.mark.anyio
async def test_a_run_killed_in_the_middle_goes_on_bit_for_bit(workspace, dataset, tmp_path):
    whole = await run(workspace, dataset)
    other = Workspace(root=tmp_path, channel="other")

    def kill(event: dict) -> None:
        if event["event"] == "update" and event["update"] == 15:
            os.kill(child_of_this_process(), signal.SIGKILL)

    with pytest.raises(TrainingError, match="memory"):
        await run(other, dataset, kill)
    parts = await run(other, dataset)

    assert losses(parts.folder) == losses(whole.folder)
    names = ("adapters.safetensors", "last/adapters.safetensors")
    assert [parts.files[n].sha256 for n in names] == [whole.files[n].sha256 for n in names]


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
async def test_an_incomplete_dataset_is_refused(workspace, dataset):
    (dataset / "manifest.json").unlink()

    with pytest.raises(DataError, match="not complete"):
        await run(workspace, dataset)


@pytest.mark.anyio
async def test_what_a_child_says_of_its_failure_arrives_whole(workspace, dataset):
    with pytest.raises(TrainingError, match=r"lora\.layers is 9, but the base has 2 layers"):
        await run(workspace, dataset, lora=SETTINGS.lora.model_copy(update={"layers": 9}))


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
