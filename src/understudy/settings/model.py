"""The training and the proof."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from understudy.settings.section import (
    Count,
    EnvironmentName,
    Positive,
    ProjectFile,
    Section,
    Share,
)

NO_ALPHA = (
    "alpha does not exist in mlx-lm: the update is scale x B x A. Advice of the form "
    "alpha / rank becomes `scale: <that quotient>` under train.lora; remove alpha"
)


Copies = Annotated[StrictInt, Field(ge=1, le=999)]


class LoraSettings(Section):
    """The adapter. mlx-lm has no alpha: the update is scale times B times A."""

    layers: Annotated[StrictInt, Field(ge=-1)]
    """How many of the last layers get one; -1 for all."""
    rank: Positive
    """Width of B and A: what the adapter can hold, and its size on disk."""
    scale: Annotated[float, Field(gt=0)]
    """The factor of the update. What a learning rate does depends on both: report learning rate x scale."""
    dropout: Annotated[float, Field(ge=0, lt=1)]
    """Share of the adapter's inputs that are left out at random in training."""
    modules: tuple[str, ...] | None
    """Inside a layer, mlx-lm's `keys`; null for the ones it takes for this architecture."""

    @model_validator(mode="before")
    @classmethod
    def _alpha_is_explained(cls, data: object) -> object:
        if isinstance(data, dict) and "alpha" in data:
            raise ValueError(NO_ALPHA)
        return data  # pyright: ignore[reportUnknownVariableType]


class MemorySettings(Section):
    """What a training may take. One that would take more is refused before it begins."""

    auto: StrictBool
    """Where it would not fit, take what makes it cheaper and changes nothing that is learned:
    chunked loss, checkpointing, smaller batches with more accumulation. Written down with the run."""
    limit_gb: Annotated[float, Field(gt=0)] | None
    """Gigabytes it may take; null: what this machine has for it."""


class TrainSettings(Section):
    """One training."""

    base: str
    """A folder relative to the project, or a Hugging Face id."""
    fine_tune: Literal["lora", "dora", "full"]
    """`lora` trains an adapter, `dora` one that also learns magnitudes, `full` every weight."""
    learning_rate: Annotated[float, Field(gt=0)]
    """At its highest, after the warm-up."""
    warmup_share: Share
    """Of the updates, linear from 0."""
    schedule: Literal["cosine", "linear", "constant"]
    """How it falls after the warm-up; `constant` does not."""
    weight_decay: Annotated[float, Field(ge=0)]
    """How much AdamW draws every weight towards 0."""
    clip_norm: Annotated[float, Field(gt=0)] | None
    """Largest norm of the gradient; null does not clip."""
    epochs: Annotated[float, Field(gt=0)]
    """Updates are derived: rows x epochs / (batch_size x gradient_accumulation_steps)."""
    batch_size: Positive
    """Rows that are computed at once: more memory, fewer steps."""
    gradient_accumulation_steps: Positive
    """Batches whose gradients make one update."""
    max_seq_length: Positive
    """In tokens of the base."""
    max_truncated_share: Share
    """Refuse to train when more rows than this share would be cut."""
    mask_prompt: StrictBool
    """Learn the answers only."""
    batching: Literal["auto", "bucketed", "packed"]
    """`bucketed` puts the rows of an update that are alike in length side by side; `packed` fills
    sequences with several. `auto` counts what the training's batches cost in either (padding,
    attention, calls, shapes to compile; nothing is timed) and packs where that saves 2 %."""
    loss: Literal["chunked", "full"]
    """`chunked` never builds all logits at once."""
    grad_checkpoint: StrictBool
    """Recompute activations in the backward pass: less memory, more time."""
    eval_every: Positive
    """Updates between validations on the whole validation set."""
    save_every: Positive
    """Updates between checkpoints."""
    report_every: Positive
    """Updates between lines of metrics."""
    patience: Count
    """Validations without improvement before it stops; 0 never stops early."""
    seed: Count
    """Of the order of rows, the first weights of the adapter, its dropout and the canaries."""
    canaries: Annotated[tuple[Copies, ...], Field(max_length=20)]
    """Made-up numbers put among the training rows to see what is kept of a single row: one for each
    figure here, which says in how many rows it stands; empty for none. The proof ranks each among
    numbers that were never trained on. No dataset holds them, but the adapter has seen them: leave
    this empty for one that others are to get."""
    memory: MemorySettings
    lora: LoraSettings


Prompting = Literal["prompted", "examples"]


class JudgeSettings(Section):
    """A model that says which answer is better, the base's or the tuned model's. Its preference
    stands among the measures and decides no verdict. Limits, prices and budget are the teacher's.
    """

    questions: Count
    """Answered held-out questions it compares, spread evenly over the test videos, each twice with
    the answers in either order; 0 asks nobody and costs nothing."""
    model: str | None
    """As its server names it, best of another family than the teacher, whose manner the tuned model
    has learned; null for `teacher.model`."""
    base_url: str | None
    """Of its OpenAI-compatible server; null for the teacher's."""
    api_key_env: EnvironmentName | None
    """Name of the environment variable that holds its key; null for the teacher's."""
    prompt: ProjectFile
    """File with the instructions, relative to the project."""

    @model_validator(mode="after")
    def _no_key_goes_elsewhere(self) -> Self:
        if self.base_url is not None and self.api_key_env is None:
            raise ValueError(
                "base_url names a server of its own: name the variable that holds its key too "
                "(api_key_env), so that the teacher's is not sent there"
            )
        return self


class EvaluateSettings(Section):
    """The proof."""

    max_questions: Positive | None
    """Questions generated for, spread evenly over the test videos; the loss always takes all."""
    max_tokens: Positive
    """Of one generated answer."""
    batch_size: Positive
    """Answers that are generated at once."""
    arms: tuple[Prompting, ...]
    """What the base is told instead of being trained, judged beside base and tuned model:
    `prompted` (who it is to answer as, and in which manner), `examples` (rows of train before the
    question). Each takes as long as the base; PROMPT IS ENOUGH is never said without one."""
    examples: Positive
    """Rows of train that the arm `examples` is shown."""
    general_file: ProjectFile | None
    """General chat as JSON lines (`question` and `answer`, or `messages`) by which forgetting is
    measured, relative to the project; null: the suite that comes with this package."""
    general_questions: Count
    """General questions whose loss is taken, spread evenly over their kinds; 0: forgetting is not
    measured."""
    general_answers: Count
    """How many of them base and tuned model also answer."""
    canary_rivals: Annotated[StrictInt, Field(ge=399)]
    """Numbers among which each of `train.canaries` is ranked; twice as many show one bit more."""
    resamples: Positive
    """Bootstrap draws over videos."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    """Of every interval, such as 0.95."""
    seed: Count
    """Of the bootstrap's draws."""
    judge: JudgeSettings
