"""From the raw lines and the run's own files to `evaluation_results.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isfinite
from statistics import fmean
from typing import Any

from understudy.chat import ChatRow
from understudy.errors import EvaluationError
from understudy.proof.agenda import Agenda
from understudy.proof.briefing import Briefing, briefed
from understudy.proof.five import Reproduction
from understudy.proof.grounding import Talks
from understudy.proof.measures.table import measure_all
from understudy.proof.plan import Models
from understudy.proof.records import (
    ARM_NAMES,
    ARMS,
    Arm,
    ArmFacts,
    Controls,
    Curve,
    GenerationLine,
    Measure,
    QuestionFacts,
    Results,
    ScoreLine,
)
from understudy.proof.verdict import judge
from understudy.records import Evidence as Spoken
from understudy.records import Record, Transcript, watch_url
from understudy.settings import EvaluateSettings, Prompting


class Inputs(Record):
    """Everything the conclusion is drawn from, read from disk by the task."""

    run: str
    """Id of the run."""
    dataset: str
    """Digest of the dataset."""
    train: tuple[ChatRow, ...]
    valid: tuple[ChatRow, ...]
    test: tuple[ChatRow, ...]
    train_digest: str
    """SHA-256 of `train.jsonl`."""
    titles: Mapping[str, str]
    """Video id to title, untrusted."""
    transcripts: Mapping[str, Transcript] = {}
    """By video id, as far as they are at hand."""
    scores: tuple[ScoreLine, ...]
    generations: tuple[GenerationLine, ...]
    models: Models
    metrics: Mapping[str, Any] | None
    """`training_metrics.json`."""
    trained_tokens: int | None = None
    template_same: bool | None = None
    reproduction: Reproduction = Reproduction()
    briefing: Briefing = Briefing(persona="", shown=())
    general: tuple[ChatRow, ...] = ()
    accepted: Mapping[str, tuple[str, ...]] = {}
    """General question to the phrases of which a right answer holds one."""
    settings: EvaluateSettings

    @property
    def agenda(self) -> Agenda:
        return Agenda(
            test=self.test,
            general=self.general,
            briefing=self.briefing,
            models=self.models,
            train_digest=self.train_digest,
            settings=self.settings,
        )


def conclude(inputs: Inputs) -> Results:
    """Compute every figure and the verdict. Equal inputs give equal results.

    Raises:
        EvaluationError: A test row was not scored.
    """
    questions, general = ([one for one in found if _finite(one)] for found in gather(inputs))
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
    return results.model_copy(update={"general": tuple(general), "prompts": _prompts(inputs)})


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
        settings=settings.model_dump(mode="json"),
    )


def _finite(one: QuestionFacts) -> bool:
    return isfinite(one.base.loss) and isfinite(one.tuned.loss)


def gather(inputs: Inputs) -> tuple[list[QuestionFacts], list[QuestionFacts]]:
    """Join the raw lines by question: the held-out ones, and the general ones.

    Raises:
        EvaluationError: A row was not scored.
    """
    lines = _Lines(inputs)
    asked, general_asked = (
        {row.id for row in rows} for rows in (lines.agenda.asked, lines.agenda.general_asked)
    )
    return (
        [lines.facts(row, answered=row.id in asked) for row in inputs.test],
        [
            lines.facts(row, answered=row.id in general_asked, general=True)
            for row in inputs.general
        ],
    )


class _Lines:
    """The raw lines by what they were made of."""

    def __init__(self, inputs: Inputs) -> None:
        self.agenda = inputs.agenda
        self._titles = inputs.titles
        self._transcripts = inputs.transcripts
        self._talks = Talks(inputs.transcripts)
        self._swapped = self.agenda.swapped
        self._scores = {line.key: line for line in inputs.scores}
        self._answers = {line.key: line for line in inputs.generations}

    def facts(self, row: ChatRow, *, answered: bool, general: bool = False) -> QuestionFacts:
        """Everything that was observed about one question."""
        told = () if general else self.agenda.settings.arms
        frequencies = self._scores.get(self.agenda.unigram_key(row))
        return QuestionFacts(
            id=row.id,
            video_id=row.video_id,
            video_url=self._url(row.video_id),
            video_title=self._titles.get(row.video_id, row.video_id),
            question=row.question,
            reference=row.reference,
            unigram_loss=frequencies.loss if frequencies else None,
            base=self._arm(row, "base", answered=answered),
            tuned=(tuned := self._arm(row, "tuned", answered=answered)),
            source=self._source(row.video_id, tuned.text),
            others={arm: self._arm(row, arm, answered=answered) for arm in told},
        )

    def _elsewhere(self, row: ChatRow, arm: Arm) -> float | None:
        moved = self._swapped.get(row.id)
        found = moved and self._scores.get(self.agenda.score_key(moved, arm))
        return found.loss if found and arm in ARMS and isfinite(found.loss) else None

    def _url(self, video: str) -> str | None:
        talk = self._transcripts.get(video)
        return None if talk is None or talk.origin == "local" else watch_url(video)

    def _source(self, video: str, text: str | None) -> Spoken | None:
        if text is None or video not in self._talks:
            return None
        return self._talks.support(text, video)

    def _arm(self, row: ChatRow, arm: Arm, *, answered: bool) -> ArmFacts:
        told = briefed(row, arm, self.agenda.briefing)
        scored = self._scores.get(self.agenda.score_key(told, arm))
        if scored is None:
            raise EvaluationError(f"{row.id} was not scored by {ARM_NAMES[arm]}: evaluate again")
        answer = self._answers.get(self.agenda.generation_key(told, arm)) if answered else None
        return ArmFacts(
            loss=scored.loss,
            tokens=scored.tokens,
            text=answer.text if answer else None,
            finish_reason=answer.finish_reason if answer else None,
            generated_tokens=answer.tokens if answer else None,
            elsewhere=self._elsewhere(row, arm),
        )


# --- controls -----------------------------------------------------------------


def controls_of(inputs: Inputs, questions: Sequence[QuestionFacts]) -> Controls:
    """Check what can be checked, from the rows themselves and not from another stage's word.

    Args:
        questions: Those whose losses are numbers.
    """
    held_out = {row.video_id for row in inputs.test}
    seen = {row.video_id for row in (*inputs.train, *inputs.valid)}
    learnt = {_content(row) for row in inputs.train}
    shifts = [abs(one.tuned.loss - one.base.loss) / one.base.tokens for one in questions]
    return Controls(
        test_videos=len(held_out),
        shared_videos=len(held_out & seen),
        shared_rows=sum(_content(row) in learnt for row in inputs.test),
        largest_shift=max(shifts, default=None),
        trained_tokens=inputs.trained_tokens,
        template_same=inputs.template_same,
        not_finite=len(inputs.test) - len(questions),
    )


def _content(row: ChatRow) -> tuple[str, str]:
    return _folded(row.question), _folded(row.reference)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


# --- the training's curve ------------------------------------------------------


def curve_of(metrics: Mapping[str, Any] | None) -> Curve | None:
    """Read what the verdict needs from the training's metrics.

    Args:
        metrics: Equal-length lists `iterations`, `train_loss`, `val_loss`, with None where a line
            has no such figure.
    """
    if not metrics or not metrics.get("iterations"):
        return None
    updates = [int(one) for one in metrics["iterations"]]
    train = _series(updates, metrics.get("train_loss"))
    valid = _series(updates, metrics.get("val_loss"))
    everything = [value for _, value in (*train, *valid)]
    train, valid = [
        [(at, value) for at, value in series if isfinite(value)] for series in (train, valid)
    ]
    best = min(valid, key=lambda one: one[1], default=None)
    part = ceil(len(train) / 10)
    return Curve(
        updates=max(updates),
        train_first=fmean(value for _, value in train[:part]) if train else None,
        train_last=fmean(value for _, value in train[-part:]) if train else None,
        val_first=valid[0][1] if valid else None,
        val_best=best[1] if best else None,
        val_best_at=best[0] if best else None,
        val_last=valid[-1][1] if valid else None,
        diverged=not all(map(isfinite, everything)),
    )


def _series(updates: Sequence[int], values: Any) -> list[tuple[int, float]]:
    pairs = zip(updates, values or [], strict=False)
    return [(at, float(value)) for at, value in pairs if value is not None]
