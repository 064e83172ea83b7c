"""What a command can refuse before it starts a server, waits for hours or spends money."""

from __future__ import annotations

from understudy.locking import refuse_if_held
from understudy.models import check_base, find_base, is_local
from understudy.settings import Settings
from understudy.sources.folder import transcript_files
from understudy.training.runs import choose_dataset, choose_run
from understudy.videos import checked_youtube_id
from understudy.workspace import Workspace

_LISTS_THE_SOURCE = ("collect", "pipeline", "watch")
_TRAINS = ("train", "pipeline", "watch")


def check(command: str, settings: Settings, workspace: Workspace, named: str | None = None) -> None:
    """Refuse what is sure to fail later. The flows look again: the UI starts them too.

    Args:
        command: Such as `pipeline`.
        named: The dataset to train on or the run to evaluate, where the user named one.

    Raises:
        UnderstudyError: What is wrong, and what to do about it.
    """
    if command in _LISTS_THE_SOURCE:
        _check_source(settings, workspace)
    if command in _TRAINS and is_local(settings.train.base, workspace.root):
        check_base(find_base(settings.train.base, workspace.root))
    if command == "train":
        choose_dataset(workspace, named)
    if command == "evaluate":
        choose_run(workspace, named)
    refuse_if_held(workspace.lock, what=f"the channel {workspace.channel}")


def _check_source(settings: Settings, workspace: Workspace) -> None:
    source = settings.source
    if source.kind == "folder":
        transcript_files(source.folder_in(workspace.root))
    for one in source.video_ids:
        checked_youtube_id(one)
