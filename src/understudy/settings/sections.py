"""The whole configuration as types, one section per stage.

There is no default here: a channel's YAML is complete, so that all numbers of a
run are visible in one place and there is one copy of each. The sentence under a
field is its help text in `understudy explain`, in docs and in the Prefect form.
"""

from __future__ import annotations

from math import isclose
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[StrictInt, Field(ge=1)]
Count = Annotated[StrictInt, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Policy = Literal["drop", "flag", "keep"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
NO_ALPHA = (
    "alpha does not exist in mlx-lm: the update is scale x B x A. Advice of the form "
    "alpha / rank becomes `scale: <that quotient>` under train.lora; remove alpha"
)
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Section(BaseModel):
    """Frozen, and a misspelt key is an error rather than a silent default."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class ChannelSettings(Section):
    """Whose talks these are."""

    name: Name
    """Folder name under data/ and models/."""
    speaker: str
    """As the prompts and the report name the speaker."""
    subject: str
    """What the talks are about, in a phrase."""
    style: str
    """How the speaker talks, in a phrase that the teacher is given."""
    language: str
    """BCP 47 code of the talks, such as `en`."""

    @model_validator(mode="after")
    def _name_is_free(self) -> Self:
        if self.name in {"sample", "sample-base"}:
            raise ValueError(f"{self.name!r} is the name of a committed folder: choose another")
        return self


class SourceSettings(Section):
    """Where videos or transcripts come from."""

    kind: Literal["youtube", "folder", "imported"]
    """`imported` works only on what `understudy import` brought in."""
    channel: str | None
    """Handle, channel address or playlist address, such as `@DrJasonFung/videos`."""
    video_ids: tuple[str, ...]
    """Further videos, by their 11-character id."""
    folder: str | None
    """Folder of .json, .txt, .vtt or .srt transcripts, relative to the project."""
    tabs: tuple[Literal["videos", "shorts", "streams"], ...]
    """Tabs of a channel that are listed."""
    max_videos: Positive | None
    """List at most this many, newest first; null for all."""
    min_duration_s: Seconds
    """Shorter videos are left out."""

    @model_validator(mode="after")
    def _kind_has_its_source(self) -> Self:
        if self.kind == "youtube" and not (self.channel or self.video_ids):
            raise ValueError("kind youtube needs channel or video_ids")
        if self.kind == "folder" and not self.folder:
            raise ValueError("kind folder needs folder")
        return self


class ProxySettings(Section):
    """A way around an IP block. User names and passwords come from the environment."""

    kind: Literal["none", "generic", "webshare"]
    """`generic` reads UNDERSTUDY_PROXY_URL; `webshare` reads WEBSHARE_PROXY_USERNAME and _PASSWORD."""
    webshare_locations: tuple[str, ...]
    """Country codes to leave from, such as `us`; empty for any."""


class BreakerSettings(Section):
    """When to stop asking for a while instead of burning the rest of the videos."""

    after_blocks: Positive
    """IP blocks in a row that pause the stage."""
    pause_s: Seconds
    """How long it pauses before one more try."""
    max_pauses: Count
    """After this many pauses the stage gives up for this run; the rest is asked next time."""


class TranscriptSettings(Section):
    """How transcripts are fetched."""

    languages: tuple[str, ...] = Field(min_length=1)
    """In order of preference."""
    allow_automatic: StrictBool
    """Take YouTube's automatic captions where nobody wrote any."""
    pause_s: Seconds
    """Between two videos, varied by a third either way."""
    max_retries: Count
    """For reasons that pass, such as the network."""
    retry_delay_s: Seconds
    """Before the first retry; doubles each time, with jitter."""
    timeout_s: Seconds
    """For one request."""
    min_words: Count
    """Shorter transcripts are not asked about."""
    breaker: BreakerSettings
    proxy: ProxySettings


class BatchSettings(Section):
    """Batch jobs, where `teacher.mode` is `batch`."""

    poll_s: Seconds
    """Between two looks at a job."""
    gather_s: Seconds
    """A job is submitted when no further call has come for so long."""
    max_requests: Positive
    """Calls in one job at the most; the provider's own limit is 50,000."""
    max_mb: Positive
    """Megabytes of one job's file at the most; the provider's own limit is 200."""


class TeacherSettings(Section):
    """The model that writes questions and answers."""

    kind: Literal["offline", "openai"]
    """`offline` extracts from the transcript, needs no key and says so in each row."""
    mode: Literal["live", "batch"]
    """`batch` sends both passes as batch jobs: half the price, and up to a day for each round."""
    batch: BatchSettings
    base_url: str | None
    """Of an OpenAI-compatible server; null for OpenAI."""
    model: str
    api_key_env: EnvironmentName
    """Name of the environment variable that holds the key."""
    structured: Literal["auto", "json_schema", "json_object", "text"]
    """How replies are held to the schema; `auto` tries in this order and remembers."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None
    """Null sends nothing."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None
    """Null sends nothing; reasoning models refuse it."""
    max_output_tokens: Positive
    """Cap of one reply, reasoning included; doubled once when it is hit."""
    context_tokens: Positive
    """Of a transcript that the model reads at once; longer ones are cut into windows."""
    window_overlap_s: Seconds
    """Speech that two neighbouring windows share."""
    max_concurrent: Positive
    """Calls in flight at the most; falls by itself on 429."""
    requests_per_minute: Positive | None
    tokens_per_minute: Positive | None
    max_retries: Count
    """Of one call, for causes that pass."""
    retry_delay_s: Seconds
    """Before the first retry; doubles each time, with jitter."""
    max_repairs: Count
    """How often an invalid reply goes back to the model with the error."""
    timeout_s: Seconds
    """For one call."""
    budget_usd: Annotated[float, Field(gt=0)] | None
    """No call starts that could cross it; null for no cap."""
    prices: str
    """File with the price table, relative to the project."""
    prompt: str
    """File with the instructions that both passes share, relative to the project."""


class QuestionSettings(Section):
    """Pass 1."""

    minimum: Positive
    """Per video."""
    maximum: Positive
    words_per_question: Positive
    """Content depth: one question for so many words of transcript, within the limits."""
    prompt: str
    """File with the instructions, relative to the project."""

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is over maximum {self.maximum}")
        return self


class AnswerSettings(Section):
    """Pass 2."""

    group_size: Count
    """Questions per call; 0 puts all of a video into one."""
    min_chars: Count
    max_chars: Positive
    min_evidence: Annotated[float, Field(ge=0, le=100)]
    """Least match of the quote in the transcript, 0 to 100, for an answer to count as supported."""
    unsupported: Policy
    """What happens to an answer without evidence."""
    foreign_terms: Policy
    """What happens to an answer with numbers, doses or names that the transcript does not hold:
    `drop` asks for another one first, `flag` lists them in the row, `keep` does not look."""
    prompt: str
    """File with the instructions, relative to the project."""


class DedupSettings(Section):
    """Near-duplicate questions."""

    threshold: Share
    """Similarity strictly above which two questions are the same, rapidfuzz ratio / 100."""
    normalise: Literal["full", "lower"]
    """`full` also folds width, spaces, dashes and quotes; `lower` only case, as the old pipeline."""
    max_cluster: Count
    """Larger clusters are split so that all their members are alike; 0 never splits."""
    semantic: Policy
    """Questions that mean the same in other words, by sentence embeddings: `flag` reports them,
    `drop` keeps one of each group, `keep` does not look. Takes the extra `understudy[semantic]`."""
    semantic_model: str
    """Any model that sentence-transformers loads: a Hugging Face id, or a folder."""
    semantic_threshold: Share
    """Cosine from which on two questions mean the same."""


class FilterSettings(Section):
    """Defects, each a named check with a policy of its own."""

    too_short: Policy
    min_answer_chars: Count
    mentions_source: Policy
    """The answer speaks of the transcript, video, lecture or talk."""
    no_final_punctuation: Policy
    truncated: Policy
    broken_markdown: Policy
    not_a_question: Policy
    off_topic: Policy
    """Question and answer share too little content."""
    min_overlap: Share
    """Share of the question's content words that the answer must hold."""
    repetitive: Policy
    wrong_language: Policy
    personal_data: Policy
    """E-mail addresses and telephone numbers."""
    profanity: Policy
    unsupported: Policy
    """No evidence; imported rows without a transcript are only flagged."""
    foreign_terms: Policy
    """The answer holds numbers, doses or names that its transcript does not."""
    keep_share: Annotated[float, Field(gt=0, le=1)] | None
    """The seed's top share by score; null keeps every row without a defect."""


class AuditSettings(Section):
    """A second opinion on each row, by a paid model that reads the transcript."""

    policy: Policy
    """What becomes of rows in which it finds a fault; `keep` asks nobody and costs nothing. Takes
    `teacher.kind: openai`."""
    model: str | None
    """The model that judges; null for `teacher.model`. Address, key, limits and budget are the
    teacher's."""
    prompt: str
    """File with the instructions, relative to the project."""


class SplitSettings(Section):
    """How rows are divided. Shares are of videos, not of rows."""

    train: Share
    valid: Share
    test: Share
    salt: str
    """Change it for another draw; it is recorded with the result."""
    purge_threshold: Share
    """Train rows more similar than this to a held-out question are taken out of train."""
    validation_rows: Positive | None
    """Exact number of validation rows by request; null takes what the shares give."""

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        total = self.train + self.valid + self.test
        if not isclose(total, 1):
            raise ValueError(f"train + valid + test must be 1, got {total:g}")
        if self.train == 0 or self.test == 0:
            raise ValueError("train and test must be above 0: without them nothing can be proven")
        return self


class AugmentSettings(Section):
    """Variants of training rows. Held-out rows are never touched."""

    by: Literal["rules", "teacher"]
    """`rules` reword questions and shorten answers, cost nothing and can do no more; `teacher` has
    the paid model write all kinds. The offline teacher writes by the rules."""
    model: str | None
    """The paid model that writes variants; null for `teacher.model`. Address, key, limits and budget
    are the teacher's."""
    prompt: str
    """File with the instructions, relative to the project."""
    paraphrases: Count
    """Question paraphrases per row: casual, neutral and formal ones in turn."""
    share: Share
    """Share of the training rows that get them."""
    short_answers: Share
    """Share of the training rows that get a short variant of their answer."""
    long_answers: Share
    """Share of the training rows that get a longer answer, as far as the transcript supports one:
    rows without a transcript get none. Takes a paid teacher."""
    back_translations: Share
    """Share of the training rows whose question is translated and translated back. Takes a paid
    teacher."""
    pivot_language: str
    """BCP 47: what back-translation goes through; another one than the channel's."""
    replay_file: str | None
    """JSONL of general chat rows mixed in against forgetting, relative to the project."""
    replay_share: Share
    """Replay rows per training row."""
    seed: Count


class DatasetSettings(Section):
    """How rows become chat examples."""

    system_prompt: str | None
    """Put before every question in training, evaluation and export alike; null for none."""


class LoraSettings(Section):
    """The adapter. mlx-lm has no alpha: the update is scale times B times A."""

    layers: Annotated[StrictInt, Field(ge=-1)]
    """How many of the last layers get one; -1 for all."""
    rank: Positive
    scale: Annotated[float, Field(gt=0)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    modules: tuple[str, ...] | None
    """Inside a layer, mlx-lm's `keys`; null for the ones it takes for this architecture."""

    @model_validator(mode="before")
    @classmethod
    def _alpha_is_explained(cls, data: object) -> object:
        if isinstance(data, dict) and "alpha" in data:
            raise ValueError(NO_ALPHA)
        return data  # pyright: ignore[reportUnknownVariableType]


class TrainSettings(Section):
    """One training."""

    base: str
    """A folder relative to the project, or a Hugging Face id."""
    fine_tune: Literal["lora", "dora", "full"]
    learning_rate: Annotated[float, Field(gt=0)]
    warmup_share: Share
    """Of the updates, linear from 0."""
    schedule: Literal["cosine", "linear", "constant"]
    weight_decay: Annotated[float, Field(ge=0)]
    clip_norm: Annotated[float, Field(gt=0)] | None
    """Largest norm of the gradient; null does not clip."""
    epochs: Annotated[float, Field(gt=0)]
    """Updates are derived: rows x epochs / (batch_size x gradient_accumulation_steps)."""
    batch_size: Positive
    gradient_accumulation_steps: Positive
    max_seq_length: Positive
    """In tokens of the base."""
    max_truncated_share: Share
    """Refuse to train when more rows than this share would be cut."""
    mask_prompt: StrictBool
    """Learn the answers only."""
    batching: Literal["bucketed", "packed"]
    """`bucketed` sorts rows of one accumulation window by length; `packed` fills sequences."""
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
    lora: LoraSettings


Prompting = Literal["prompted", "examples"]


class EvaluateSettings(Section):
    """The proof."""

    max_questions: Positive | None
    """Questions generated for, spread evenly over the test videos; the loss always takes all."""
    max_tokens: Positive
    """Of one generated answer."""
    batch_size: Positive
    arms: tuple[Prompting, ...]
    """What the base is told instead of being trained, judged beside base and tuned model:
    `prompted` (who it is to answer as, and in which manner), `examples` (rows of train before the
    question). Each takes as long as the base; PROMPT IS ENOUGH is never said without one."""
    examples: Positive
    """Rows of train that the arm `examples` is shown."""
    general_file: str | None
    """General chat as JSON lines (`question` and `answer`, or `messages`) by which forgetting is
    measured; null: the suite that comes with this package."""
    general_questions: Count
    """General questions whose loss is taken, spread evenly over their kinds; 0: forgetting is not
    measured."""
    general_answers: Count
    """How many of them base and tuned model also answer."""
    resamples: Positive
    """Bootstrap draws over videos."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    seed: Count


class ScalingSettings(Section):
    """Where work that can be divided runs. Results are the same everywhere."""

    runner: Literal["threads", "dask", "ray"]
    """`threads` stays in the run's own process; `dask` and `ray` start workers, which pays from some
    50,000 questions on. They are extras: `pip install 'understudy[dask]'`."""
    workers: Positive | None
    """Processes of `dask` or `ray`; null for one per core."""


class FloorSettings(Section):
    """Least share of requested items a stage must produce, or the flow ends Failed."""

    transcripts: Share
    questions: Share
    answers: Share
    dataset: Share


class Settings(Section):
    """Everything that can be set for one channel."""

    channel: ChannelSettings
    source: SourceSettings
    transcripts: TranscriptSettings
    teacher: TeacherSettings
    questions: QuestionSettings
    answers: AnswerSettings
    dedup: DedupSettings
    filter: FilterSettings
    audit: AuditSettings
    split: SplitSettings
    augment: AugmentSettings
    dataset: DatasetSettings
    train: TrainSettings
    evaluate: EvaluateSettings
    scaling: ScalingSettings
    floors: FloorSettings
