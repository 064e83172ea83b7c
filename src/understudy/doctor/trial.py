"""A training tried for two updates, in a process of its own: its memory and time, measured."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from understudy.child import Event, run_child
from understudy.doctor.checks import Check, check_trial
from understudy.errors import UnderstudyError
from understudy.models import find_base
from understudy.settings import Settings
from understudy.training.materials import Materials
from understudy.training.room import room_of_device
from understudy.training.runs import check_dataset, choose_dataset
from understudy.workspace import Workspace

CHILD = "understudy.training.trying"


def try_training(
    settings: Settings,
    workspace: Workspace,
    *,
    device: Mapping[str, Any],
    tell: Callable[[str], None],
) -> Check:
    """Train two updates of the longest rows of the newest dataset; nothing of it is kept.

    Args:
        device: What mlx knows of its device.
        tell: Takes a line where this has to wait for another training.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="understudy-") as scratch:
            done = _tried(settings, workspace, Path(scratch), tell)
    except UnderstudyError as error:
        return Check("trial", "fail", str(error))
    return check_trial(
        peak=int(done["peak_bytes"]),
        update_s=float(done["update_s"]),
        updates=int(done["updates"]),
        room=room_of_device(settings.train, device),
    )


def _tried(
    settings: Settings, workspace: Workspace, scratch: Path, tell: Callable[[str], None]
) -> Event:
    dataset = choose_dataset(workspace, None)
    check_dataset(dataset)
    base = find_base(settings.train.base, workspace.root)
    spec = Materials.of(base, dataset).spec(
        workspace.root,
        scratch,
        settings=settings.train,
        system_prompt=settings.dataset.system_prompt,
    )
    events: list[Event] = []

    def on_event(event: Event) -> None:
        events.append(event)
        if event["event"] == "waiting":
            tell(event["message"])

    asyncio.run(run_child(CHILD, spec.model_dump(mode="json"), folder=scratch, on_event=on_event))
    return events[-1]
