"""Everything a conclusion is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.chat import ChatRow
from understudy.preference import Judgement
from understudy.proof.agenda import Agenda
from understudy.proof.briefing import Briefing
from understudy.proof.five import Reproduction
from understudy.proof.lineup import Lineup
from understudy.proof.plan import Models, probed
from understudy.proof.records import GenerationLine, ScoreLine, SeedNoise
from understudy.records import Record, Transcript
from understudy.settings import EvaluateSettings


class Inputs(Record):
    """What an evaluation left on disk, and what it was made of."""

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
    ends_learned: float | None = None
    """Share of the training rows whose end of turn was trained."""
    template_same: bool | None = None
    reproduction: Reproduction = Reproduction()
    briefing: Briefing = Briefing(persona="", shown=())
    general: tuple[ChatRow, ...] = ()
    lineup: Lineup = Lineup()
    """The training's canaries, where it was given any."""
    accepted: Mapping[str, tuple[str, ...]] = {}
    """General question to the phrases of which a right answer holds one."""
    seed_noise: SeedNoise | None = None
    """From a sweep on the same dataset and base, where there is one."""
    judgements: tuple[Judgement, ...] = ()
    """What a judge said, where one was asked."""
    settings: EvaluateSettings

    @property
    def agenda(self) -> Agenda:
        return Agenda(
            test=self.test,
            probe=probed(self.train, len(self.test)),
            general=self.general,
            lineup=self.lineup,
            briefing=self.briefing,
            models=self.models,
            train_digest=self.train_digest,
            settings=self.settings,
        )
