"""Content rules and evidence: what is caught, what is refused wrongly, and where quotes are found.

The planted corpus is the tests'. Quotes are copied from the real transcripts where
they are there, from the sample's otherwise, and misheard in up to 15 % of their words.
The real answers, where they are there, tell how often each rule of the filter fires.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from frame import ROOT, report

from tests.support.content_corpus import (
    BAD_ANSWERS,
    BAD_QUESTIONS,
    GOOD_ANSWERS,
    GOOD_QUESTIONS,
    GOOD_TEXTS,
    SPEAKER,
    Pair,
    talk_of,
)
from tests.support.recogniser import find_quotes
from tests.support.rows import filter_settings, real_answers
from tests.support.sample_talks import read_sample
from tests.support.teachers import make_settings
from understudy.answers import Heard, answer_problem, clean_answer, judge_answer
from understudy.quality import judge
from understudy.questions import clean_question, question_problem
from understudy.records import DropReason, Question, Transcript
from understudy.rows import rows_of
from understudy.teacher.protocol import DraftAnswer

QUOTES = 2_000
REAL = ROOT.parent / "shared" / "data"
CHARACTERS_PER_MINUTE = 900
SETTINGS = make_settings("http://127.0.0.1:1/v1", {"answers": {"foreign_terms": "drop"}})
CHANNEL = SETTINGS.channel.model_copy(update={"speaker": SPEAKER})


def main() -> None:
    figures: dict[str, Any] = {**_corpus(), **_quotes(), **_real_findings()}
    report("teacher-content", figures)


def _corpus() -> dict[str, Any]:
    """Shares of the planted items; caught is caught by its own rule."""
    wanted = [item.rule for item in BAD_QUESTIONS] + [item.rule for item in BAD_ANSWERS]
    told = [_asked(item.text, item.others) for item in BAD_QUESTIONS]
    told += [_answered(pair) for pair in BAD_ANSWERS]
    good = [_asked(text, ()) for text in GOOD_QUESTIONS] + [_answered(one) for one in GOOD_ANSWERS]
    good += [answer_problem(clean_answer(text), CHANNEL, SETTINGS.answers) for text in GOOD_TEXTS]
    right = sum(one == other for one, other in zip(wanted, told, strict=True))
    return {
        "bad": len(wanted),
        "bad_caught": round(right / len(wanted), 4),
        "good": len(good),
        "good_rejected": sum(reason is not None for reason in good),
    }


def _asked(text: str, others: tuple[str, ...]) -> DropReason | None:
    return question_problem(clean_question(text), CHANNEL, others)


def _answered(pair: Pair) -> DropReason | None:
    video_id = pair.talk.video_id
    question = Question(
        id=f"{video_id}:q01", video_id=video_id, question=pair.question, generator="bench"
    )
    draft = DraftAnswer(id=question.id, answer=pair.answer, quote=pair.quote)
    return judge_answer(draft, question, Heard.of(pair.talk), CHANNEL, SETTINGS.answers).reason


def _quotes() -> dict[str, Any]:
    found = find_quotes(_talks(), count=QUOTES, seed=1)
    short = find_quotes(_talks(), count=QUOTES, seed=2, words=(7, 11))
    return {
        "quotes": found.tried,
        "quotes_found": round(found.within_two_seconds, 4),
        "quotes_found_elsewhere": round(found.elsewhere, 4),
        "foreign_quotes_accepted": round(found.foreign, 4),
        "short_quotes_found": round(short.within_two_seconds, 4),
        "short_foreign_quotes_accepted": round(short.foreign, 4),
    }


def _talks() -> list[Transcript]:
    """The real ones have no times: they are spread by length at the pace of speech."""
    found: list[Transcript] = []
    for at, path in enumerate(sorted((REAL / "channel").glob("*.json"))):
        text = json.loads(path.read_text(encoding="utf-8"))["text"]
        found.append(talk_of(f"real-{at}", text, minutes=len(text) / CHARACTERS_PER_MINUTE))
    return found or read_sample(ROOT)


def _real_findings() -> dict[str, Any]:
    """How often each rule fires on the real answers, whatever its policy."""
    path: Path = REAL / "fung_qa.jsonl"
    if not path.exists():
        print("no real pairs here: nothing to say about false alarms", file=sys.stderr)
        return {}
    rows = rows_of(real_answers(path))
    fired = Counter(name for row in rows for name in judge(row, filter_settings(), "en"))
    fired.pop("unsupported", None)  # imported pairs have no evidence
    return {"real_rows": len(rows), "real_findings": dict(sorted(fired.items()))}


if __name__ == "__main__":
    main()
