"""Who compares answers: a paid judge, with a meter and a bill of its own."""

from __future__ import annotations

from collections.abc import Sequence

from flows.side_jobs import Hired
from tasks.project import Project
from understudy.errors import ConfigError
from understudy.preference import Judge, Judgement, Pair
from understudy.teacher.calling.address import key_of
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
    return _PaidJudge(ANSWER_JUDGING, project, project.workspace.judge_bill)


class _PaidJudge(Hired[Pair, TeacherJudge]):
    async def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement, ...]:
        return await self.paid(pairs, TeacherJudge.judge) if pairs else ()
