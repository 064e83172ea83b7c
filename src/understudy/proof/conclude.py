"""From the raw lines and the run's own files to `evaluation_results.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from understudy.nested import flattened
from understudy.proof.checks import controls_of
from understudy.proof.curve import curve_of
from understudy.proof.exposure import canary_facts, canary_rows
from understudy.proof.facts import gather
from understudy.proof.five import Reproduction
from understudy.proof.inputs import Inputs
from understudy.proof.judged import judging_of, pairs_of, with_judgements
from understudy.proof.measures.table import measure_all
from understudy.proof.records import Controls, Curve, Measure, QuestionFacts, Results
from understudy.proof.verdict import judge
from understudy.settings import EvaluateSettings, Prompting


def conclude(inputs: Inputs) -> Results:
    """Compute every figure and the verdict. Equal inputs give equal results.

    Raises:
        EvaluationError: A test row was not scored.
    """
    questions, general = ([one for one in found if _finite(one)] for found in gather(inputs))
    questions = with_judgements(questions, inputs.judgements)
    measures = {}
    if questions:
        measures = measure_all(
            questions,
            train_answers=[(row.video_id, row.reference) for row in inputs.train],
            settings=inputs.settings,
            transcripts=inputs.transcripts,
            general=general,
            accepted=inputs.accepted,
        )
    results = results_of(
        questions,
        measures,
        controls_of(inputs, questions),
        curve_of(inputs.metrics),
        reproduction=inputs.reproduction,
        run=inputs.run,
        dataset=inputs.dataset,
        settings=inputs.settings,
    )
    canaries = canary_facts(inputs.agenda, inputs.scores)
    shown = len(pairs_of(inputs.agenda, inputs.generations))
    return results.model_copy(
        update={
            "reasons": (*results.reasons, *canary_rows(canaries, inputs.settings.confidence)),
            "general": tuple(general),
            "canaries": canaries,
            "prompts": _prompts(inputs),
            "judging": judging_of(inputs.judgements, shown),
        }
    )


def _prompts(inputs: Inputs) -> dict[Prompting, str]:
    told: dict[Prompting, str] = {
        "prompted": inputs.briefing.persona,
        "examples": " ".join(row.id for row in inputs.briefing.shown),
    }
    return {arm: told[arm] for arm in inputs.settings.arms}


def results_of(
    questions: Sequence[QuestionFacts],
    measures: Mapping[str, Measure],
    controls: Controls,
    curve: Curve | None,
    *,
    reproduction: Reproduction,
    run: str,
    dataset: str,
    settings: EvaluateSettings,
) -> Results:
    """Judge the measures and put all that the verdict stands on beside it."""
    verdict = judge(measures, controls, curve, reproduction=reproduction)
    return Results(
        verdict=verdict.name,
        headline=verdict.headline,
        next_action=verdict.next_action,
        reasons=verdict.evidence,
        answers=verdict.answers,
        measures=measures,
        controls=controls,
        curve=curve,
        questions=tuple(questions),
        run=run,
        dataset=dataset,
        settings=dict(flattened(settings.model_dump(mode="json"))),
    )


def _finite(one: QuestionFacts) -> bool:
    return isfinite(one.base.loss) and isfinite(one.tuned.loss)
