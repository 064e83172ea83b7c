"""Pass 2: which drafts answer which question, and which of them may be trained on.

The rules hold for every teacher. Pairing is by id, as a set; neither order nor
the echoed question counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from understudy.errors import DataError
from understudy.evidence import SpokenText, locate
from understudy.records import (
    Answer,
    Dropped,
    DropReason,
    Evidence,
    Question,
    Transcript,
    watch_url,
)
from understudy.settings import AnswerSettings, ChannelSettings
from understudy.teacher.protocol import DraftAnswer
from understudy.text.endings import breaks_off, lacks_final_punctuation
from understudy.text.form import plain_text, stray_marks
from understudy.text.lengths import limits_for
from understudy.text.terms import Vocabulary, foreign_terms
from understudy.text.typography import tidy
from understudy.text.wording import mentions_source

VERSION = "3"
MAX_TAGS = 8
MAX_TAG_CHARS = 40

_BLANKS = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+\n")
_OPENINGS = re.compile(
    r"""^\W*(?:
      (?:(?:yes|no|well)\s*[,!.:]?\s*)?(?:that(?:['’]s|\s+is)\s+)?(?:an?\s+)?(?:great|good|excellent|interesting|wonderful)\s+question\b
    | (?:sure|certainly|of\s+course|absolutely|okay|ok|well|hello|hi|hey|greetings|thanks|thank\s+you)
      (?:\s+there)?\s*[,!.:]
    | thank(?:s|\s+you)\s+for\b
    | as\s+an?\s+(?:ai|(?:large\s+)?language\s+model)\b
    | i(?:['’]d|\s+would)\s+be\s+(?:happy|glad)\b
    | (?:let\s+me|let['’]s|let\s+us)\s+(?:explain|start|begin|answer|dive|talk|look|break)\b
    | (?:the|my|short|your)\s+answer\s+(?:to\s+(?:this|that|your)\s+question\s+)?is\s+simple\b
    | (?:this|your|that)\s+question\b
    | in\s+(?:answer|response|reply)\s+to\s+(?:your|this|the|that)\s+question\b
    | \#{1,6}\s
    | i(?:'m|\s+am)\s+(?:sorry|an\s+ai|unable)\b
    | here(?:'s|\s+is|\s+are)\s+(?:the|an?|your|my)\s+(?:\w+\s+)?(?:answer|response|summary)
    | (?:question|answer)\s*:
    | to\s+answer\s+(?:your|this|the)\s+question
    )""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Judgement:
    """What the rules say of one answer."""

    reason: DropReason | None
    """Why it is unfit; None where it is fit."""
    evidence: Evidence | None = None
    foreign_terms: tuple[str, ...] = ()
    """Numbers, doses and names that the transcript does not hold."""


@dataclass(frozen=True)
class Heard:
    """A transcript prepared for judging answers from it."""

    spoken: SpokenText
    vocabulary: Vocabulary
    judged: dict[tuple[object, ...], Judgement] = field(default_factory=dict, repr=False)
    """What was judged from it already."""

    @classmethod
    def of(cls, transcript: Transcript) -> Heard:
        """Index a transcript, once for as long as it is in use.

        A paid teacher judges a draft when it comes, and its pass judges it once more.
        """
        heard = _HEARD.get(transcript)
        if heard is None:
            heard = cls(SpokenText.of(transcript), Vocabulary.of(transcript))
            _HEARD[transcript] = heard
        return heard


_HEARD: WeakKeyDictionary[Transcript, Heard] = WeakKeyDictionary()


def accept_answers(
    drafts: Sequence[DraftAnswer],
    questions: Sequence[Question],
    transcript: Transcript,
    channel: ChannelSettings,
    settings: AnswerSettings,
    generator: str,
) -> tuple[tuple[Answer, ...], tuple[Dropped, ...]]:
    """Pair drafts with questions and keep the answers that are fit and supported.

    Args:
        questions: All of this transcript's video.
        generator: What wrote the drafts: `offline` or the model's name.

    Returns:
        Answers in the order of the questions, and the rest with its reason: a question that
        nobody answered (`missing`) or that was answered twice (`duplicate_id`: neither counts,
        for one of them belongs elsewhere), a draft for no question (`unknown_id`), an answer
        that breaks a rule. Each question is in exactly one of the two.

    Raises:
        DataError: A question is of another video.
    """
    _check_video(questions, transcript)
    heard = Heard.of(transcript)
    asked = {question.id for question in questions}
    times = Counter(draft.id for draft in drafts)
    by_id = {draft.id: draft for draft in drafts}
    answers: list[Answer] = []
    dropped = [
        Dropped(id=transcript.video_id, reason="unknown_id", text=draft.answer)
        for draft in drafts
        if draft.id not in asked
    ]
    for question in questions:
        draft = by_id.get(question.id)
        if draft is None or times[question.id] > 1:
            reason: DropReason = "missing" if draft is None else "duplicate_id"
            dropped.append(Dropped(id=question.id, reason=reason, text=question.question))
            continue
        judged = judge_answer(draft, question, heard, channel, settings)
        if judged.reason is not None:
            dropped.append(Dropped(id=question.id, reason=judged.reason, text=draft.answer))
        else:
            answers.append(_answer(draft, question, transcript, judged, generator))
    return tuple(answers), tuple(dropped)


def judge_answer(
    draft: DraftAnswer,
    question: Question,
    heard: Heard,
    channel: ChannelSettings,
    settings: AnswerSettings,
) -> Judgement:
    """Say whether an answer is fit, where it is supported, and what in it was never said.

    An answer without evidence or with foreign terms is unfit where the settings' policy is to
    drop it.
    """
    asked = (draft, question.question, channel, settings)
    judgement = heard.judged.get(asked)
    if judgement is None:
        judgement = heard.judged[asked] = _judgement(*asked, heard)
    return judgement


def _judgement(
    draft: DraftAnswer,
    question: str,
    channel: ChannelSettings,
    settings: AnswerSettings,
    heard: Heard,
) -> Judgement:
    text = clean_answer(draft.answer)
    reason = answer_problem(text, channel, settings, question=question)
    if reason is not None:
        return Judgement(reason)
    evidence = locate(tidy(draft.quote), heard.spoken, min_score=settings.min_evidence)
    if evidence is None and settings.unsupported == "drop":
        return Judgement("unsupported")
    if settings.foreign_terms == "keep":
        return Judgement(None, evidence)
    terms = foreign_terms(plain_text(text), heard.vocabulary)
    if terms:
        # What the question says need not be said again by the transcript: it was judged before.
        asked = plain_text(question).casefold()
        terms = tuple(term for term in terms if term.casefold() not in asked)
    unfit = bool(terms) and settings.foreign_terms == "drop"
    return Judgement("foreign_terms" if unfit else None, evidence, terms)


def answer_problem(
    text: str, channel: ChannelSettings, settings: AnswerSettings, *, question: str = ""
) -> DropReason | None:
    """Say why an answer is unfit by its text alone, or None. The cheapest test first.

    Args:
        text: Cleaned Markdown.
        question: What it answers; the length that is right depends on it.
    """
    least, most = limits_for(
        question, least=settings.min_chars, most=settings.max_chars, language=channel.language
    )
    shown = plain_text(text).rstrip()
    checks: tuple[tuple[DropReason, Callable[[], bool]], ...] = (
        ("empty", lambda: not text),
        ("too_short", lambda: len(text) < least),
        ("too_long", lambda: len(text) > most),
        ("indirect_opening", lambda: bool(_OPENINGS.search(text))),
        (
            "mentions_source",
            lambda: mentions_source(shown, speaker=channel.speaker, language=channel.language),
        ),
        ("broken_markdown", lambda: bool(stray_marks(text))),
        ("truncated", lambda: breaks_off(text, shown, channel.language)),
        ("no_final_punctuation", lambda: lacks_final_punctuation(text, shown)),
    )
    return next((reason for reason, fires in checks if fires()), None)


def clean_answer(text: str) -> str:
    """Normalise typography, trailing spaces and runs of blank lines."""
    return _BLANKS.sub("\n\n", _TRAILING.sub("\n", tidy(text) + "\n")).strip()


def clean_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Lower-case words joined by underscores, each once, at most `MAX_TAGS`."""
    plain = (unicodedata.normalize("NFKC", tag).casefold() for tag in tags)
    joined = (re.sub(r"[\W_]+", "_", tag).strip("_")[:MAX_TAG_CHARS] for tag in plain)
    return tuple(dict.fromkeys(tag for tag in joined if tag))[:MAX_TAGS]


def _answer(
    draft: DraftAnswer,
    question: Question,
    transcript: Transcript,
    judged: Judgement,
    generator: str,
) -> Answer:
    """Build the record from our own ids, title and question; only the text is the teacher's."""
    return Answer(
        id=question.id,
        video_id=transcript.video_id,
        video_title=transcript.title,
        question=question.question,
        answer=clean_answer(draft.answer),
        tags=clean_tags(draft.tags),
        evidence=_linked(judged.evidence, transcript),
        foreign_terms=judged.foreign_terms,
        generator=generator,
    )


def _linked(evidence: Evidence | None, transcript: Transcript) -> Evidence | None:
    """The evidence with its address; a local talk has none."""
    if evidence is None or transcript.origin == "local":
        return evidence
    return evidence.model_copy(update={"link": watch_url(transcript.video_id, evidence.start)})


def _check_video(questions: Sequence[Question], transcript: Transcript) -> None:
    for question in questions:
        if question.video_id != transcript.video_id:
            raise DataError(
                f"question {question.id} does not belong to the transcript of "
                f"{transcript.video_id}: remove that video's file under questions/ and run again"
            )
