"""Who compares answers: a paid judge, with a meter and a bill of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.side_jobs import paid
from tasks.project import Project
from understudy.errors import ConfigError
from understudy.preference import Judge, Judgement, Pair
from understudy.teacher.calling.client import key_of
from understudy.teacher.judging import TeacherJudge, judging
from understudy.teacher.side_jobs import ANSWER_JUDGING


def judge_for(project: Project) -> Judge | None:
    """The judge that the settings name, None for none. Nothing is opened before there are answers.

    Raises:
        ConfigError: No model is named, and the offline teacher can judge nothing.
        TeacherSetupError: No key: better now than after hours of answers.
    """
    settings = project.settings
    judge = settings.evaluate.judge
    if not judge.questions:
        return None
    if judge.model is None and settings.teacher.kind == "offline":
        raise ConfigError(
            f"evaluate.judge.questions is {judge.questions}, and teacher.kind is 'offline', which can "
            "judge nothing: name a model in evaluate.judge.model, or set questions to 0"
        )
    key_of(judging(settings))
    return _PaidJudge(project)


@dataclass(frozen=True)
class _PaidJudge:
    project: Project

    @property
    def fingerprint(self) -> Mapping[str, str]:
        return ANSWER_JUDGING.fingerprint(self.project.settings, self.project.workspace)

    async def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement, ...]:
        if not pairs:
            return ()
        bill = self.project.workspace.judge_bill
        return await paid(ANSWER_JUDGING, self.project, pairs, TeacherJudge.judge, bill)
