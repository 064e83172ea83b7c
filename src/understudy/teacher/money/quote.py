"""What the two passes will cost, from the real transcripts and before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Literal

from understudy.questions import planned_count
from understudy.records import Question, Record, Transcript
from understudy.settings import Settings
from understudy.teacher.calling.calls import Turn, Usage
from understudy.teacher.money.in_all import InAll, known_sum
from understudy.teacher.money.ledger import Entry
from understudy.teacher.money.pricing import Price
from understudy.teacher.prompts import PromptSet, question_list, turns_for
from understudy.teacher.windows import portions

Mode = Literal["live", "batch"]
CHARS_PER_TOKEN = 4.4
"""Of English transcripts and prompts with the o200k tokenizer; a ledger knows better."""
CACHE_STEP, CACHE_LEAST = 128, 1024
"""Tokens: prompts are cached in such steps from so many on."""
QUESTION_CHARS = 90
"""Mean of the 1,709 real questions."""
ANSWER_TOKENS = 260
"""Of one real answer (826 characters), its quote, tags and JSON."""
QUESTION_TOKENS = 28
REASONING_TOKENS = 400
"""Of one call at low effort; 0 where the settings send none."""


class PassQuote(Record):
    """One pass of all videos."""

    name: str
    calls: int
    usage: Usage
    cost_usd: float | None
    """None for a model without a price."""
    batch_usd: float | None
    """The same through the Batch API."""


class Quote(InAll, Record):
    """All passes."""

    model: str
    videos: int
    questions: int
    passes: tuple[PassQuote, ...]
    chars_per_token: float
    mode: Mode = "live"
    """How a run will ask."""

    @property
    def of_run(self) -> Quote:
        """The same with the tokens and dollars of the mode in which the run will ask."""
        if self.mode == "live":
            return self
        passes = tuple(
            one.model_copy(update={"usage": _uncached(one.usage), "cost_usd": one.batch_usd})
            for one in self.passes
        )
        return self.model_copy(update={"passes": passes})

    @property
    def batch_usd(self) -> float | None:
        """The same through the Batch API."""
        return known_sum(one.batch_usd for one in self.passes)

    @property
    def cached_share(self) -> float:
        """Share of the prompt tokens that the cache should save."""
        return self.usage.cached / self.usage.prompt if self.usage.prompt else 0.0


def quote(
    transcripts: Sequence[Transcript],
    settings: Settings,
    prompts: PromptSet,
    price: Price | None,
    *,
    asked: Sequence[tuple[Transcript, int]] = (),
    chars_per_token: float = CHARS_PER_TOKEN,
) -> Quote:
    """Estimate calls, tokens and cost of both passes.

    Args:
        transcripts: Only those that have to be asked about.
        asked: Those that have their questions, so many, and need answers.
        chars_per_token: From `measured_ratio` where there is a ledger.

    Raises:
        ConfigError: `teacher.context_tokens` leaves no room for speech.
    """
    counts = [planned_count(transcript, settings.questions) for transcript in transcripts]
    unasked = _windows(zip(transcripts, counts, strict=True), settings)
    first = [
        _usage_of_questions(one, count, settings, prompts, price, chars_per_token)
        for one, count in unasked
    ]
    answered = [
        usage
        for one, count in unasked
        for usage in _usages_of_answers(one, count, settings, prompts, price, chars_per_token)
    ]
    answered += [
        usage
        for one, count in _windows(asked, settings)
        for usage in _usages_of_answers(
            one, count, settings, prompts, price, chars_per_token, warm=False
        )
    ]
    return Quote(
        model=settings.teacher.model,
        videos=len(transcripts) + len(asked),
        questions=sum(counts) + sum(count for _, count in asked),
        passes=(pass_quote("questions", first, price), pass_quote("answers", answered, price)),
        chars_per_token=round(chars_per_token, 3),
        mode=settings.teacher.mode,
    )


def _windows(
    counted: Iterable[tuple[Transcript, int]], settings: Settings
) -> list[tuple[Transcript, int]]:
    """What is sent: each talk, or its windows, with the number of questions about it."""
    return [
        (window, share)
        for transcript, count in counted
        for window, share in portions(transcript, count, settings.teacher)
        if share
    ]


def measured_ratio(entries: Iterable[Entry], model: str) -> float | None:
    """Characters per prompt token in the calls of a model so far, or None without any.

    The schema, which some servers count and no prompt shows, is in it.
    """
    chars = tokens = 0
    for entry in entries:
        if entry.model == model and entry.usage.prompt:
            chars += entry.prompt_chars
            tokens += entry.usage.prompt
    return chars / tokens if tokens else None


def pass_quote(name: str, usages: Sequence[Usage], price: Price | None) -> PassQuote:
    total = Usage()
    for usage in usages:
        total = total + usage
    cost = price.cost(total) if price else None
    return PassQuote(
        name=name,
        calls=len(usages),
        usage=total,
        cost_usd=cost,
        # A batch keeps no cache warm: all of its input is plain.
        batch_usd=price.cost(_uncached(total)) * price.batch_share if price else None,
    )


def _usage_of_questions(
    transcript: Transcript,
    count: int,
    settings: Settings,
    prompts: PromptSet,
    price: Price | None,
    ratio: float,
) -> Usage:
    turns = turns_for(prompts.system, transcript, prompts.questions.filled(count=str(count)))
    output = QUESTION_TOKENS * count + reasoning_of(settings)
    return usage_of(turns, output, ratio, price, first=True)


def _usages_of_answers(
    transcript: Transcript,
    count: int,
    settings: Settings,
    prompts: PromptSet,
    price: Price | None,
    ratio: float,
    *,
    warm: bool = True,
) -> list[Usage]:
    size = settings.answers.group_size or count
    sizes = [size] * (count // size) + ([count % size] if count % size else [])
    usages: list[Usage] = []
    for group in sizes:
        task = prompts.answers.filled(questions=question_list(_placeholders(transcript, group)))
        turns = turns_for(prompts.system, transcript, task)
        output = ANSWER_TOKENS * group + reasoning_of(settings)
        usages.append(usage_of(turns, output, ratio, price, first=not warm and not usages))
    return usages


def usage_of(
    turns: tuple[Turn, ...], output: int, ratio: float, price: Price | None, *, first: bool
) -> Usage:
    """Tokens of one call; the first about a transcript fills the cache that the others read."""
    prompt = ceil(sum(len(turn.content) for turn in turns) / ratio)
    prefix = ceil((len(turns[0].content) + len(turns[1].stable)) / ratio)
    shared = min(prefix, prompt) if prefix >= CACHE_LEAST else 0
    explicit = price is not None and price.cache_write is not None
    if not explicit:
        shared = shared // CACHE_STEP * CACHE_STEP
    return Usage(
        prompt=prompt,
        cached=0 if first else shared,
        written=shared if first and explicit else 0,
        completion=output,
    )


def _uncached(usage: Usage) -> Usage:
    return usage.model_copy(update={"cached": 0, "written": 0})


def reasoning_of(settings: Settings) -> int:
    return 0 if settings.teacher.reasoning_effort in {None, "none"} else REASONING_TOKENS


def _placeholders(transcript: Transcript, count: int) -> list[Question]:
    """Questions of the usual length, for those that nobody has asked yet."""
    return [
        Question(
            id=f"{transcript.video_id}:q{number:02d}",
            video_id=transcript.video_id,
            question="x" * QUESTION_CHARS,
            generator="quote",
        )
        for number in range(1, count + 1)
    ]
