"""Who judges rows: the paid teacher, with a meter and a bill of its own."""

from __future__ import annotations

from collections.abc import Sequence

from flows.side_jobs import Hired
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
    return _PaidAuditor(ROW_AUDIT, project, project.workspace.audit_bill)


class _PaidAuditor(Hired[Row, TeacherAuditor]):
    async def judge(self, rows: Sequence[Row]) -> tuple[Opinion, ...]:
        return await self.paid(rows, TeacherAuditor.judge) if rows else ()
