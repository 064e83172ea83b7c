"""Pass 1: how many questions a talk deserves, and which drafts are good questions.

The rules hold for every teacher. Ids are given here, in order, and never taken
from a reply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from understudy.records import Dropped, DropReason, Question, Transcript
from understudy.settings import ChannelSettings, QuestionSettings
from understudy.teacher.protocol import DraftQuestion
from understudy.text.asking import ends_asking, is_natural
from understudy.text.language import spaced
from understudy.text.typography import level, tidy
from understudy.text.wording import means_nobody, mentions_source

VERSION = "2"
NEAR_COPY = 85.0
"""rapidfuzz ratio above which two questions of one video ask the same."""
MIN_WORDS, MAX_WORDS = 3, 60
REMEMBERED = 4096
"""Questions whose verdict is kept: a paid teacher judges a draft when it comes, its pass again."""

_ATTRIBUTED = re.compile(
    r"^according\s+to\b|\baccording\s+to\s+(?:dr|mr|ms|mrs|prof|professor|experts?)\b",
    re.IGNORECASE,
)
"""Whoever asks wants to know how it is, and not what somebody holds."""

_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\(?(?:Q\s*)?\d{1,2}[.):])\s+", re.IGNORECASE)
_DANGLING = re.compile(
    r"""
    ^(?:and|but|so|also|then)\b
    | ^(?:(?:what|why|how|when|where|who|which)\s+)?
      (?:is|are|was|were|does|do|did|can|could|would|will|should|has|have|had)\s+
      (?:this|these(?!.*:)|those(?!\s+(?:who|whose|with|of|in|that)\b)|they|he|she|that\s+(?:a|an|the|why|how|what|true))\b
    | ^(?:what|why|how|when|where)\s+(?:does|did|do|can|could|would|will|should)\s+it\s+
      (?:work|help|matter|happen|affect|cause|compare|differ|relate)\b
    | ^(?:what|which|who)\s+(?:is|are|was|were)\s+(?:the\s+)?(?:following|former|latter)\b
    | ^\W*(?:\w+\s+){0,3}(?:this|these|those|the\s+above)\s+
      (?:approach|method|example|study|point|graph|chart|slide|case|idea|claim|story|person|
         patient|company|process|statement|number|figure|list|topic|discussion|context)s?\b
    | \b(?:mentioned|discussed|described|shown|referred\s+to|listed)\s+
      (?:above|earlier|before|here|previously|below)\b
    | \b(?:aforementioned|previously\s+mentioned|the\s+above)\b
    | ^which\s+(?:ones?(?!\s+of\b)|of\s+(?:these|those|them|the\s+two\s+(?:is|are|was|were|has|does)))\b
    | ^(?:what|which|who)(?:'s|’s|\s+(?:is|are|was|were))\s+the\s+(?:\w+\s+){0,2}
      (?:steps?|points?|reasons?|findings?|results?|examples?|topics?|ideas?|takeaways?|conclusions?
         |answers?|advice|tips?|lessons?|rules?|principles?|parts?|options?|differences?)\s*\?$
    | \b(?:results?|findings?|conclusions?|outcome|author|aim)\s+of\s+(?:the|this|that)\s+
      (?:study|trial|experiment|survey|paper|story|example)\s*\?$
    | ^(?:\w+[\s,]+){1,6}(?:about|of|for|like|by)\s+(?:that|this|it|them|those|these)\s*\?$
    | ^(?:why|how|what|who|where|when)(?:'s|’s|\s+(?:is|was))\s+that\s*\?$
    | ^(?:\w+\s+){1,3}(?:next|then|afterwards)\s*\?$
    | \bhere\s*\?$
    | \blinks?\s+mentioned\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


_IT = re.compile(
    r"^(?:(?:what|why|how|when|where)(?:\s+(?:long|often|much|far|soon))?\s+)?"
    r"(?:is|was|does|did|can|could|will|would|should|has)\s+it\b(?P<rest>.*)",
    re.IGNORECASE,
)
_FORMAL = re.compile(
    r"\b(?:to|that|for|when|if|whether|how|why|where|than|because|worth|mean|means|take|takes|took|cost"
    r"|called|like|\w+ing)\b",
    re.IGNORECASE,
)
"""What follows an `it` that stands for nothing: `is it safe to fast`, `how long does it take`."""
_HE = re.compile(
    r"\b(?:does|did|is|was|has|had|can|could|will|would|should)\s+(?:he|she)\b", re.IGNORECASE
)


def planned_count(transcript: Transcript, settings: QuestionSettings) -> int:
    """How many questions to ask for: one per so many words, within the limits."""
    words = sum(len(segment.text.split()) for segment in transcript.segments)
    wanted = round(words / settings.words_per_question)
    return min(max(wanted, settings.minimum), settings.maximum)


def accept_questions(
    drafts: Sequence[DraftQuestion],
    transcript: Transcript,
    channel: ChannelSettings,
    settings: QuestionSettings,
    generator: str,
    *,
    most: int | None = None,
) -> tuple[tuple[Question, ...], tuple[Dropped, ...]]:
    """Keep the drafts that a stranger could ask, and number them.

    Args:
        generator: What wrote them: `offline` or the model's name.
        most: Questions to keep; None for as many as the talk deserves.

    Returns:
        Questions in the order of the drafts, `<video_id>:q01` and on, and the refused drafts.
        Together they are as many as the drafts.
    """
    limit = planned_count(transcript, settings) if most is None else most
    kept: dict[str, DraftQuestion] = {}
    dropped: list[Dropped] = []
    for draft in drafts:
        text = clean_question(draft.question)
        reason = question_problem(text, channel, tuple(kept))
        if reason is None and len(kept) >= limit:
            reason = "too_many"
        if reason is None:
            kept[text] = draft
        else:
            dropped.append(Dropped(id=transcript.video_id, reason=reason, text=draft.question))
    questions = tuple(
        Question(
            id=f"{transcript.video_id}:q{number:02d}",
            video_id=transcript.video_id,
            question=text,
            generator=generator,
            start=draft.start,
            end=draft.end,
        )
        for number, (text, draft) in enumerate(kept.items(), start=1)
    )
    return questions, tuple(dropped)


def clean_question(text: str) -> str:
    """Normalise typography, put it on one line and take list marks off its front."""
    return _LIST_MARK.sub("", " ".join(tidy(text).split()))


def question_problem(
    text: str, channel: ChannelSettings, others: Sequence[str]
) -> DropReason | None:
    """Say why a question is unfit, or None. The cheapest test first.

    Args:
        text: Cleaned.
        others: Accepted questions of the same video.
    """
    reason = _own_problem(text, channel.speaker, channel.language)
    if reason is None and any(is_near_copy(text, other) for other in others):
        return "near_copy"
    return reason


@lru_cache(maxsize=REMEMBERED)
def _own_problem(text: str, speaker: str, language: str) -> DropReason | None:
    """Say why a question is unfit whatever else is asked, or None."""
    words = len(text.split())
    checks: tuple[tuple[DropReason, Callable[[], bool]], ...] = (
        ("empty", lambda: not text),
        (
            "not_a_question",
            lambda: not ends_asking(text) or (spaced(language) and words < MIN_WORDS),
        ),
        ("too_long", lambda: words > MAX_WORDS),
        (
            "mentions_source",
            lambda: (
                bool(_ATTRIBUTED.search(text))
                or mentions_source(text, speaker=speaker, language=language)
            ),
        ),
        ("not_standalone", lambda: _points_elsewhere(text)),
        ("unnatural", lambda: not is_natural(text, language)),
    )
    return next((reason for reason, fires in checks if fires()), None)


def _points_elsewhere(text: str) -> bool:
    """Whether a question needs something that only its neighbours or the talk could tell."""
    if _DANGLING.search(text) or means_nobody(_HE, text):
        return True
    found = _IT.search(text)
    return found is not None and _FORMAL.search(found["rest"]) is None


def is_near_copy(one: str, other: str) -> bool:
    """Whether two questions of one video ask the same in nearly the same letters."""
    return fuzz.ratio(level(one), level(other), score_cutoff=NEAR_COPY) > NEAR_COPY


def shortfall(
    planned: int, drafts: Sequence[DraftQuestion], dropped: Sequence[Dropped], video_id: str
) -> tuple[Dropped, ...]:
    """What was asked for and neither came nor was reported as failed, one record each."""
    absent = max(planned - len(drafts) - len(dropped), 0)
    return (Dropped(id=video_id, reason="missing"),) * absent
