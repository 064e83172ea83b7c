"""The teacher and its two passes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from understudy.settings.section import (
    Count,
    EnvironmentName,
    Policy,
    Positive,
    ProjectFile,
    Seconds,
    Section,
)


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
    """As the server names it; its price stands in `teacher.prices`."""
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
    """Limit that calls are spread over; null for none."""
    tokens_per_minute: Positive | None
    """The same for the tokens of prompts and replies."""
    max_retries: Count
    """Of one call, for causes that pass."""
    retry_delay_s: Seconds
    """Before the first retry; doubles each time, with jitter."""
    max_repairs: Count
    """How often an invalid reply goes back to the model with the error."""
    timeout_s: Seconds
    """For one request."""
    total_timeout_s: Seconds
    """For one call with its retries and the pauses between them, in `live` mode; waiting for a slot
    does not count. A retry that would begin later is not made."""
    budget_usd: Annotated[float, Field(gt=0)] | None
    """No call starts that could cross it; null for no cap."""
    prices: ProjectFile
    """File with the price table, relative to the project."""
    prompt: ProjectFile
    """File with the instructions that both passes share, relative to the project."""

    @model_validator(mode="after")
    def _timeouts_in_order(self) -> Self:
        if self.total_timeout_s < self.timeout_s:
            raise ValueError(
                f"total_timeout_s {self.total_timeout_s:g} is under timeout_s {self.timeout_s:g}"
            )
        return self

    def by(self, model: str | None) -> Self:
        """The same with another model, where one is named."""
        return self.model_copy(update={"model": model or self.model})


class QuestionSettings(Section):
    """Pass 1."""

    minimum: Positive
    """Per video."""
    maximum: Positive
    """Per video, however long it is."""
    words_per_question: Positive
    """Content depth: one question for so many words of transcript, within the limits."""
    prompt: ProjectFile
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
    """Shorter answers are asked for again; explanations need half as much again."""
    max_chars: Positive
    """Longer ones are too; an answer of one fact may have half of it."""
    min_evidence: Annotated[float, Field(ge=0, le=100)]
    """Least match of the quote in the transcript, 0 to 100, for an answer to count as supported."""
    unsupported: Policy
    """What happens to an answer without evidence."""
    foreign_terms: Policy
    """What happens to an answer with numbers, doses or names that the transcript does not hold:
    `drop` asks for another one first, `flag` lists them in the row, `keep` does not look."""
    prompt: ProjectFile
    """File with the instructions, relative to the project."""
