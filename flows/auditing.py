"""Who judges rows: the paid teacher, with a meter and a bill of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prefect.logging import get_run_logger

from flows.teacher_meter import metering
from tasks.project import Project
from understudy.audit import Auditor, Opinion
from understudy.errors import ConfigError
from understudy.records import Row
from understudy.teacher.auditing import AUDIT, fingerprint_of
from understudy.teacher.opening_audit import audit_prompt, open_auditor, quote_audit_for


def auditor_for(project: Project) -> Auditor:
    """The auditor that the settings name. Nothing is opened before there is something to judge.

    Raises:
        ConfigError: The offline teacher can judge nothing.
    """
    if project.settings.teacher.kind == "offline":
        raise ConfigError(
            f"audit.policy is {project.settings.audit.policy!r} and teacher.kind is 'offline', which "
            "can judge nothing: set audit.policy to keep, or teacher.kind to openai"
        )
    return _PaidAuditor(project)


@dataclass(frozen=True)
class _PaidAuditor:
    project: Project

    @property
    def fingerprint(self) -> Mapping[str, str]:
        settings, workspace = self.project.settings, self.project.workspace
        return fingerprint_of(settings, audit_prompt(settings, workspace))

    async def judge(self, rows: Sequence[Row]) -> tuple[Opinion, ...]:
        """Quote, open, judge under a meter, and draw up the bill."""
        if not rows:
            return ()
        settings, workspace = self.project.settings, self.project.workspace
        offer = quote_audit_for(settings, workspace, rows)
        async with open_auditor(settings, workspace) as auditor:
            try:
                async with metering(offer, auditor.engine, name=AUDIT, bill=workspace.audit_bill):
                    return await auditor.judge(rows)
            finally:
                get_run_logger().info("%s: %s", AUDIT, auditor.engine.summary())
