"""What the proof writes down: raw facts per question, measures, verdict.

`scores.jsonl` and `generations.jsonl` hold the raw lines, one per question and
arm; every figure in `evaluation_results.json` can be computed again from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from typing import Literal

from pydantic import ConfigDict, Field

from understudy.preference import Judgement
from understudy.records import Evidence as Spoken
from understudy.records import Record, RowId, VideoId
from understudy.settings import Prompting

Arm = Literal["base", "tuned"] | Prompting
ARMS: tuple[Arm, ...] = ("base", "tuned")
"""Those without which there is nothing to compare."""

PROMPTINGS: tuple[Prompting, ...] = ("prompted", "examples")

ARM_NAMES: Mapping[Arm, str] = {
    "base": "base",
    "tuned": "tuned",
    "prompted": "base with a prompt",
    "examples": "base with examples",
}

VerdictName = Literal[
    "LEARNED",
    "LEARNED BUT FORGOT",
    "MEMORISED",
    "OVERFIT",
    "UNDERTRAINED",
    "NO EFFECT",
    "DEGENERATE",
    "PROMPT IS ENOUGH",
    "INVALID",
    "INCONCLUSIVE",
]


class ScoreLine(Record):
    """The loss of one reference answer under one arm, or under token frequencies alone."""

    model_config = ConfigDict(ser_json_inf_nan="strings")  # a diverged loss is a line, too

    key: str
    """SHA-256 of everything that determines this line; another key means: score again."""
    id: RowId
    arm: Arm | Literal["unigram"]
    loss: float
    """Sum over the answer's tokens, nats."""
    tokens: int = Field(ge=1)
    """Answer tokens that the loss is a sum over, end of turn included."""


class GenerationLine(Record):
    """One answer that one arm gave."""

    key: str
    id: RowId
    arm: Arm
    text: str
    """Untrusted model output."""
    finish_reason: str
    """`stop` where the model ended its turn, `length` where the limit cut it."""
    tokens: int = Field(ge=0)


class ArmFacts(Record):
    """What one arm did with one question."""

    loss: float
    tokens: int
    text: str | None = None
    """None for a question that was scored but not chosen for generation."""
    finish_reason: str | None = None
    generated_tokens: int | None = None
    elsewhere: float | None = None
    """Loss of the same reference after another video's question; base and tuned model only."""
    preferred: float | None = None
    """1 where a judge preferred it to the other of base and tuned model, 0.5 for a tie."""


class QuestionFacts(Record):
    """One held-out question with everything that was observed about it."""

    id: RowId
    video_id: VideoId
    video_title: str
    question: str
    reference: str
    unigram_loss: float | None = None
    """Of the reference under the frequencies of the training answers' tokens, nats."""
    base: ArmFacts
    tuned: ArmFacts
    others: Mapping[Prompting, ArmFacts] = {}
    """The prompted arms that were asked for."""
    video_url: str | None = None
    """Of a video on YouTube, made from its checked id."""
    source: Spoken | None = None
    """The stretch of the talk that is most like a sentence of the tuned answer."""
    judged: Judgement | None = None
    """What a judge said of the two answers, where one was asked."""

    def arm(self, name: Arm) -> ArmFacts | None:
        """What one arm did with it; None where that arm was not asked for."""
        if name == "base":
            return self.base
        return self.tuned if name == "tuned" else self.others.get(name)

    @property
    def generated(self) -> bool:
        """Whether base and tuned model answered it."""
        return self.base.text is not None and self.tuned.text is not None


class Other(Record):
    """A measure's figure for one more arm, beside base and tuned."""

    value: float
    diff: float
    """Tuned minus this arm."""
    ci95: tuple[float, float] | None
    """Of `diff`."""


class Measure(Record):
    """One figure for base and tuned on the same questions, with its uncertainty."""

    title: str
    unit: str
    better: Literal["lower", "higher", "reference", "none"]
    """Which direction is good; `reference`: the nearer to the references' value."""
    base: float
    tuned: float
    diff: float
    """Tuned minus base."""
    ci95: tuple[float, float] | None
    """Of `diff`, by bootstrap over videos; None where there are too few videos.

    The level is `confidence`; the key keeps the name that readers look for."""
    confidence: float
    n_videos: int
    n_rows: int
    baseline: float | None
    """What a trivial answerer reaches; None where there is no meaningful one."""
    baseline_is: str = ""
    """The trivial answerer in words."""
    reference: float | None = None
    """The same figure for the reference answers."""
    others: Mapping[Prompting, Other] = {}
    """The arms that were prompted instead of trained, where they were asked for."""


class Curve(Record):
    """What the training's own metrics say."""

    updates: int
    train_first: float | None = None
    train_last: float | None = None
    """Means over the first and last tenth of the reported losses, nats per token."""
    val_first: float | None = None
    """Before the first update."""
    val_best: float | None = None
    val_best_at: int | None = None
    """Update of the best validation."""
    val_last: float | None = None
    diverged: bool = False
    """A loss was not finite."""


class Heed(Record):
    """What its own question tells the base about an answer, against another video's question."""

    value: float
    """Nats per answer token."""
    ci95: tuple[float, float] | None
    """By bootstrap over videos."""
    n_rows: int
    n_videos: int


class SeedNoise(Record):
    """How far apart trainings of a sweep ended that differ in the seed alone."""

    sweep: str
    """Name of its folder."""
    trainings: int
    settings: int
    """Combinations that were trained to the end with two seeds or more."""
    spread: float
    """Standard deviation over the seeds of a setting, nats per token of validation."""
    luck: float
    """By so much another seed's loss may differ from this one's, at the results' confidence."""


class Controls(Record):
    """What must hold before any figure means something. None: it was not checked."""

    test_videos: int
    shared_videos: int | None = None
    """Videos that are in train or valid and in test."""
    shared_rows: int | None = None
    """Test rows whose question and answer also stand in train, after folding case and space."""
    largest_shift: float | None = None
    """Largest change of any question's loss per token by the adapter, nats."""
    trained_tokens: int | None = None
    """Tokens that training took a loss on."""
    ends_learned: float | None = None
    """Share of the training rows whose end of turn was among these tokens."""
    heeds_train: Heed | None = None
    """Of training answers."""
    heeds_held_out: Heed | None = None
    """Of held-out answers: what to expect of answers that belong to their questions."""
    template_same: bool | None = None
    """The chat template's digest in training equals the one in evaluation."""
    not_finite: int = 0
    """Questions left out because one of their losses is not a number."""
    seed_noise: SeedNoise | None = None
    """None where no sweep on this dataset and base trained one setting with several seeds."""


class Judging(Record):
    """What an optional judge's judgements come to. It decides no verdict."""

    model: str
    """Empty where all answers were the same and nobody was asked."""
    shown: int
    """Pairs of answers it was to compare."""
    judged: int
    """Those of which something usable was said."""
    tuned: int
    """Pairs in which the tuned model's answer was preferred in both orders."""
    base: int
    """The same of the base's; the rest are ties."""
    changed: int
    """Ties because the judge said something else in the other order."""
    first: float | None
    """Share of its choices that fell on the answer which stood first; an unbiased judge has a half."""


class Exposure(Record):
    """Where one model ranks a canary among numbers that it never saw, by loss."""

    rank: int
    """1: it finds every other one less likely."""
    of: int
    """The others and itself."""
    bits: float
    """log2(of / rank): 1.4 in the mean for one that was not trained on, log2(of) at most."""
    ci95: tuple[float, float | None]
    """Of the bits, at the results' confidence; no upper end where none is likelier."""

    @property
    def most(self) -> float:
        """Bits of the first rank."""
        return log2(self.of)


class CanaryFacts(Record):
    """A made-up number that lay among the training rows, and what the models make of it."""

    id: RowId
    copies: int
    """Rows of it, each seen once an epoch."""
    base: Exposure
    tuned: Exposure

    def stands_out(self, *, chance: float) -> bool:
        """Whether one that was not trained on would rank so high with at most this chance."""
        return self.tuned.rank <= chance * self.tuned.of


class Evidence(Record):
    """One row of a verdict's reasons."""

    name: str
    says: str
    """One sentence, for a person."""
    supports: bool
    """Whether it speaks for the verdict (or, of a control, whether it was passed)."""


class Answer(Record):
    """An answer to one of the five questions everybody asks."""

    question: str
    answer: Literal["yes", "no", "partly", "unclear", "not measured"]
    because: str


class Verdict(Record):
    """What the figures say, in words."""

    name: VerdictName
    headline: str
    """One sentence with the interval."""
    next_action: str
    evidence: tuple[Evidence, ...]
    answers: tuple[Answer, ...]


class Results(Record):
    """`evaluation_results.json`."""

    verdict: VerdictName
    headline: str
    next_action: str
    reasons: tuple[Evidence, ...]
    answers: tuple[Answer, ...]
    measures: Mapping[str, Measure]
    controls: Controls
    curve: Curve | None
    questions: tuple[QuestionFacts, ...]
    general: tuple[QuestionFacts, ...] = ()
    """General questions, whose kinds stand in the place of videos."""
    canaries: tuple[CanaryFacts, ...] = ()
    """Where the training was given any."""
    judging: Judging | None = None
    """Where a judge was asked."""
    prompts: Mapping[Prompting, str] = {}
    """What the prompted arms were told: the system prompt, or the ids of the rows shown."""
    run: str
    """Id of the run, the name of its folder."""
    dataset: str
    """Digest of the dataset, the name of its folder."""
    settings: Mapping[str, float | int | str | tuple[str, ...] | None]
    """The `evaluate` section as it was applied."""
