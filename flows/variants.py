"""Who writes the variants: the rules, or the paid teacher with a meter and a bill of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.side_jobs import paid
from tasks.project import Project
from understudy.paraphrase import RuleWriter
from understudy.teacher.side_jobs import VARIANT_WRITING
from understudy.teacher.variants import TeacherWriter
from understudy.variants import Order, Writer, Written


def writer_for(project: Project) -> Writer:
    """The writer that the settings name. Nothing is opened before there is something to write."""
    settings = project.settings
    if settings.augment.by == "rules" or settings.teacher.kind == "offline":
        return RuleWriter(language=settings.channel.language, seed=settings.augment.seed)
    return _PaidWriter(project)


@dataclass(frozen=True)
class _PaidWriter:
    project: Project

    @property
    def fingerprint(self) -> Mapping[str, str]:
        return VARIANT_WRITING.fingerprint(self.project.settings, self.project.workspace)

    async def write(self, orders: Sequence[Order]) -> Written:
        if not orders:
            return Written()
        bill = self.project.workspace.augment_bill
        return await paid(VARIANT_WRITING, self.project, orders, TeacherWriter.write, bill)
