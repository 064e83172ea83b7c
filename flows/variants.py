"""Who writes the variants: the rules, or the paid teacher with a meter and a bill of its own."""

from __future__ import annotations

from collections.abc import Sequence

from flows.side_jobs import Hired
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
    return _PaidWriter(VARIANT_WRITING, project, project.workspace.augment_bill)


class _PaidWriter(Hired[Order, TeacherWriter]):
    async def write(self, orders: Sequence[Order]) -> Written:
        return await self.paid(orders, TeacherWriter.write) if orders else Written()
