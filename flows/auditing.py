"""Who judges rows: the paid teacher, with a meter and a bill of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.side_jobs import paid
from tasks.project import Project
from understudy.audit import Auditor, Opinion
from understudy.errors import ConfigError
from understudy.records import Row
from understudy.teacher.auditing import TeacherAuditor
from understudy.teacher.side_jobs import ROW_AUDIT


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
        return ROW_AUDIT.fingerprint(self.project.settings, self.project.workspace)

    async def judge(self, rows: Sequence[Row]) -> tuple[Opinion, ...]:
        if not rows:
            return ()
        bill = self.project.workspace.audit_bill
        return await paid(ROW_AUDIT, self.project, rows, TeacherAuditor.judge, bill)
