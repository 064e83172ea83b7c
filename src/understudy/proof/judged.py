"""What an optional judge is shown, and what its judgements come to."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.preference import Judgement, Pair
from understudy.proof.agenda import Agenda
from understudy.proof.plan import spread
from understudy.proof.records import ArmFacts, GenerationLine, Judging, QuestionFacts


def pairs_of(agenda: Agenda, generations: Sequence[GenerationLine]) -> tuple[Pair, ...]:
    """The answers that a judge compares: as many questions as are set, evenly over the videos."""
    limit = agenda.settings.judge.questions
    if not limit:
        return ()
    answers = {line.key: line.text for line in generations}
    found: list[Pair] = []
    for row in spread(agenda.asked, limit):
        base, tuned = (answers.get(agenda.generation_key(row, arm)) for arm in ("base", "tuned"))
        if base is not None and tuned is not None:
            found.append(
                Pair(
                    id=row.id,
                    video_id=row.video_id,
                    question=row.question,
                    reference=row.reference,
                    base=base,
                    tuned=tuned,
                )
            )
    return tuple(found)


def with_judgements(
    questions: Sequence[QuestionFacts], judgements: Sequence[Judgement]
) -> list[QuestionFacts]:
    """The questions, those that were judged with what was said of them."""
    said = {one.id: one for one in judgements}
    return [_judged(one, said[one.id]) if one.id in said else one for one in questions]


def _judged(one: QuestionFacts, said: Judgement) -> QuestionFacts:
    def preferred(arm: ArmFacts, name: str) -> ArmFacts:
        score = 0.5 if said.preferred == "same" else float(said.preferred == name)
        return arm.model_copy(update={"preferred": score})

    return one.model_copy(
        update={
            "judged": said,
            "base": preferred(one.base, "base"),
            "tuned": preferred(one.tuned, "tuned"),
        }
    )


def judging_of(judgements: Sequence[Judgement], shown: int) -> Judging | None:
    """Count them up; None where nothing was judged.

    Args:
        shown: Pairs that the judge was to compare.
    """
    if not judgements:
        return None
    asked = [one for one in judgements if one.judge]
    choices = [(one.base_first, "base") for one in asked]
    choices += [(one.tuned_first, "tuned") for one in asked]
    decided = [choice == first for choice, first in choices if choice != "same"]
    preferred = [one.preferred for one in judgements]
    return Judging(
        model=asked[0].judge if asked else "",
        shown=shown,
        judged=len(judgements),
        tuned=preferred.count("tuned"),
        base=preferred.count("base"),
        changed=sum(one.base_first != one.tuned_first for one in judgements),
        first=sum(decided) / len(decided) if decided else None,
    )
