"""What an export is asked to do: the whole of what its process is told."""

from __future__ import annotations

from pathlib import Path

from understudy.export.formats import Target
from understudy.models import BaseDigests
from understudy.records import Record


class ExportSpec(Record):
    """What the child is asked to do."""

    run: Path
    """Folder with the adapter."""
    base: Path
    base_name: str
    base_digests: BaseDigests
    adapter_sha256: str
    system_prompt: str | None
    target: Target
    bits: int | None
    draft: Path
    """Empty folder that the files go into; published by the parent when all is well."""
