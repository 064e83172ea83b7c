"""Who writes the variants: the rules, or the paid teacher with a meter and a bill of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prefect.logging import get_run_logger

from flows.teacher_meter import metering
from tasks.project import Project
from understudy.paraphrase import RuleWriter
from understudy.teacher.opening_variants import (
    open_variant_writer,
    quote_variants_for,
    variants_prompt,
)
from understudy.teacher.quote_variants import VARIANTS
from understudy.teacher.variants import fingerprint_of
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
        settings, workspace = self.project.settings, self.project.workspace
        return fingerprint_of(settings, variants_prompt(settings, workspace))

    async def write(self, orders: Sequence[Order]) -> Written:
        """Quote, open, write under a meter, and draw up the bill."""
        if not orders:
            return Written()
        settings, workspace = self.project.settings, self.project.workspace
        offer = quote_variants_for(settings, workspace, orders)
        async with open_variant_writer(settings, workspace) as writer:
            try:
                async with metering(
                    offer, writer.engine, name=VARIANTS, bill=workspace.augment_bill
                ):
                    return await writer.write(orders)
            finally:
                get_run_logger().info("%s: %s", VARIANTS, writer.engine.summary())
