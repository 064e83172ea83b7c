"""One channel's settings, looked at before a run: base, source, teacher."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from understudy.doctor.checks import Check, check_footprint
from understudy.errors import BaseModelError, SourceError, UnderstudyError
from understudy.export.formats import TARGETS, problem_with
from understudy.models import check_base, find_base
from understudy.settings import Settings
from understudy.workspace import Workspace


def examine_channel(
    settings: Settings,
    workspace: Workspace,
    *,
    device: Mapping[str, Any],
    online: bool,
    today: date,
) -> list[Check]:
    """Look at what the settings name.

    Args:
        device: What mlx knows of its device.
        online: Ask the source and the teacher's endpoint too; neither costs anything.
        today: For the days that a model has left.
    """
    found = [
        _base(settings, workspace),
        *_footprint(settings, workspace, device),
        *_exports(settings, workspace),
    ]
    found += _teacher(settings, workspace, today)
    found.append(_source(settings, workspace, online=online))
    if online and settings.teacher.kind != "offline":
        found.append(_endpoint(settings, today))
    return found


def _base(settings: Settings, workspace: Workspace) -> Check:
    """Find the base without fetching it."""
    name = settings.train.base
    try:
        folder = _on_disk(name, workspace.root)
        if folder is None:
            return Check(
                "base",
                "warn",
                f"{name} is not on this machine yet",
                "the first training fetches it from Hugging Face, which takes a while",
            )
        check_base(folder)
    except BaseModelError as error:
        return Check("base", "fail", str(error), "set train.base to a base that is whole")
    return Check("base", "ok", f"{name}: weights, tokenizer and chat template are there")


def _exports(settings: Settings, workspace: Workspace) -> list[Check]:
    """What a model trained on this base cannot be made into; said before it is trained."""
    try:
        folder = _on_disk(settings.train.base, workspace.root)
        found = {one: folder and problem_with(one, folder) for one in TARGETS}
    except UnderstudyError:
        return []  # the base's own line says what is wrong
    if folder is None:
        return []
    lacking = {one: problem for one, problem in found.items() if problem}
    able = ", ".join(one for one in TARGETS if one not in lacking)
    return [Check("export", "ok", f"can become {able}")] + [
        Check("export", "warn", f"not {one}: {problem}", "or train on another base")
        for one, problem in lacking.items()
    ]


def _footprint(settings: Settings, workspace: Workspace, device: Mapping[str, Any]) -> list[Check]:
    """What a training will take at its peak, beside what there is."""
    from understudy.training.footprint import at_worst, foresee, read_base
    from understudy.training.ladder import climb_down
    from understudy.training.room import room_of_device

    train = settings.train
    room = room_of_device(train, device)
    try:
        folder = _on_disk(train.base, workspace.root)
        base = read_base(folder) if folder is not None else None
    except BaseModelError as error:
        return [Check("footprint", "warn", str(error), "watch the memory of the first updates")]
    if base is None or room is None:
        return []
    foreseen = foresee(base, train, at_worst(train))
    if foreseen.peak <= room:
        return [check_footprint(foreseen, room, [])]
    return [check_footprint(foreseen, room, climb_down(base, train, room=room, largest=at_worst))]


def _on_disk(name: str, root: Path) -> Path | None:
    """The base's folder; None where it is an id that is not in the cache."""
    if (root / name).is_dir() or name.startswith(("models/", "data/", "/", ".")):
        return find_base(name, root)
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, "config.json")
    return Path(found).parent if isinstance(found, str) else None


def _teacher(settings: Settings, workspace: Workspace, today: date) -> list[Check]:
    """Key, price and the model's last day, without a connection."""
    teacher = settings.teacher
    if teacher.kind == "offline":
        return [Check("teacher", "ok", "offline: needs no key and costs nothing")]
    from understudy.teacher.calling.address import address_of, key_of
    from understudy.teacher.money.pricing import load_prices

    try:
        address = address_of(teacher)
        key_of(teacher)
        table = load_prices(workspace.root / teacher.prices)
    except UnderstudyError as error:
        return [Check("teacher", "fail", str(error), "nothing was asked or paid")]
    found = [Check("teacher", "ok", f"{teacher.model} at {address}: its key is set, or not needed")]
    life = table.lifetime(teacher.model, today)
    if life is not None and life.soon:
        found.append(Check("model", "fail" if life.over else "warn", life.sentence, life.advice))
    if table.of(teacher.model) is not None:
        return [*found, Check("price", "ok", f"as of {table.as_of}")]
    return [
        *found,
        Check(
            "price",
            "warn" if teacher.budget_usd is None else "fail",
            f"{teacher.model!r} has none in {teacher.prices}",
            "add its line, or no cost can be quoted, metered or capped",
        ),
    ]


def _source(settings: Settings, workspace: Workspace, *, online: bool) -> Check:
    source = settings.source
    try:
        if source.kind == "folder":
            from understudy.sources.folder import list_folder

            count = len(list_folder(source.folder_in(workspace.root)))
            return Check("source", "ok", f"{source.folder}: {count} transcripts")
        if source.kind == "imported":
            return Check("source", "ok", "what understudy import brought in")
        if not online:
            return Check("source", "ok", "YouTube, not asked: --online does")
        return _youtube(settings)
    except UnderstudyError as error:
        unreachable = isinstance(error, SourceError) and error.retryable
        return Check("source", "fail", str(error), "try again" if unreachable else "see source")


def _youtube(settings: Settings) -> Check:
    """List one video."""
    from understudy.sources.listing import YtDlpLister, list_channel
    from understudy.sources.proxies import proxy_from

    proxy = proxy_from(settings.transcripts.proxy, os.environ)
    lister = YtDlpLister(
        timeout_s=settings.transcripts.timeout_s, proxy=proxy.http_url if proxy else None
    )
    one = settings.source.model_copy(update={"max_videos": 1})
    list_channel(one, lister)
    return Check("source", "ok", "YouTube lists the channel")


def _endpoint(settings: Settings, today: date) -> Check:
    from understudy.teacher.calling.checkup import check_endpoint
    from understudy.teacher.money.lifetime import SOON_DAYS

    try:
        found = asyncio.run(check_endpoint(settings.teacher, today=today))
    except UnderstudyError as error:
        return Check("endpoint", "fail", str(error), "nothing was asked or paid")
    if not found.well:
        return Check("endpoint", "fail", found.sentence, "mend teacher.model or teacher.base_url")
    if found.shutdown is not None and (found.shutdown - today).days <= SOON_DAYS:
        return Check("endpoint", "warn", found.sentence, "set teacher.model to its successor")
    return Check("endpoint", "ok", found.sentence)
