"""Replies that nothing could be made of, kept whole for whoever looks into them."""

from __future__ import annotations

from pathlib import Path

from understudy.artifacts import write_json
from understudy.records import Record, digest_of
from understudy.teacher.calling.calls import Call


class Quarantined(Record):
    """One unusable reply."""

    item_id: str
    kind: str
    reason: str
    problem: str
    reply: str
    """As it came; untrusted text."""


class Quarantine:
    """A folder with one file per unusable reply, named by content: the same one is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, call: Call, reason: str, problem: str, reply: str) -> Path:
        """Keep one reply.

        Raises:
            WriteError: The file system refused.
        """
        kept = Quarantined(
            item_id=call.item_id, kind=call.kind, reason=reason, problem=problem, reply=reply
        )
        name = digest_of(kept.model_dump_json())[:12]
        return write_json(self.folder / f"{name}.json", kept).path
