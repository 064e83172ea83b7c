"""From what was observed on each question to figures with intervals and baselines.

A figure that a constant answer wins is no figure (length similarity to the
reference was 0.52 for a real tuned model, 0.67 for a random other answer and
0.75 for a constant), so each stands beside what a trivial answerer reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from understudy.proof.grounding import Talks
from understudy.proof.measures.content import content
from understudy.proof.measures.definition import Definition
from understudy.proof.measures.form import form
from understudy.proof.measures.general import general_loss, general_right
from understudy.proof.measures.grounding import grounding
from understudy.proof.measures.length import endings, length
from understudy.proof.measures.likelihood import loss, question_gain
from understudy.proof.measures.preference import preference
from understudy.proof.measures.repetition import memory, repetition
from understudy.proof.measures.resampled import by_question, by_video, measured
from understudy.proof.measures.voice import voice
from understudy.proof.records import Measure, QuestionFacts
from understudy.proof.texts import particular_spans
from understudy.records import Transcript
from understudy.settings import EvaluateSettings

VERSION = "7"


def measure_all(
    questions: Sequence[QuestionFacts],
    *,
    train_answers: Sequence[tuple[str, str]],
    settings: EvaluateSettings,
    transcripts: Mapping[str, Transcript] = {},
    general: Sequence[QuestionFacts] = (),
    accepted: Mapping[str, Sequence[str]] = {},
) -> dict[str, Measure]:
    """Every measure of one evaluation, in the order in which the report shows them.

    Loss is taken on all questions, the rest on those that both base and tuned model answered.

    Args:
        train_answers: Video id and answer.
        transcripts: By video id; without them voice and grounding are not measured.
        general: General questions, for what was forgotten.
        accepted: General question to the phrases of which a right answer holds one.
    """
    answered = [question for question in questions if question.generated]
    found = _all({**loss(questions), **question_gain(questions)}, questions, settings)
    if answered:
        definitions = {
            **content(answered),
            **grounding(answered, Talks(transcripts)),
            **voice(answered, transcripts, train_answers),
            **form(answered),
            **length(answered),
            **endings(answered, settings.max_tokens),
            **repetition(answered),
            **memory(answered, particular_spans(train_answers)),
        }
        found |= _all(definitions, answered, settings)
        judged = [one for one in answered if one.judged is not None]
        found |= _all(preference(judged), judged, settings)
    return found | _general(general, accepted, settings)


def _general(
    asked: Sequence[QuestionFacts],
    accepted: Mapping[str, Sequence[str]],
    settings: EvaluateSettings,
) -> dict[str, Measure]:
    answered = [one for one in asked if one.generated and accepted.get(one.id)]
    found: dict[str, Measure] = {}
    if asked:
        found |= _all(general_loss(asked), asked, settings, by_question)
    if answered:
        found |= _all(general_right(answered, accepted), answered, settings, by_question)
    return found


def _all(
    definitions: Mapping[str, Definition],
    questions: Sequence[QuestionFacts],
    settings: EvaluateSettings,
    cluster: Callable[[QuestionFacts], str] = by_video,
) -> dict[str, Measure]:
    return {name: measured(one, questions, settings, cluster) for name, one in definitions.items()}
