"""Whether an answer sounds like the speaker, like the teacher, or still like the base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from understudy.proof.measures.definition import Definition, text_of
from understudy.proof.plan import evenly
from understudy.proof.records import QuestionFacts
from understudy.proof.voice import VOICES, Voice, Voices, chunks
from understudy.proof.wording import percent
from understudy.records import Transcript

MOST = 400
"""Texts of one voice that are looked at, evenly over its videos."""

LEAST = 0.5
"""Share of known texts that must be told rightly, where a guess tells a third: a classifier that is
wrong more often than right says nothing of an answer."""

_TITLES: Mapping[Voice, str] = {
    "speaker": "Answers that sound like the speaker's talks",
    "teacher": "Answers that sound like the teacher's answers",
    "base": "Answers that sound like the base's",
}


def voice(
    answered: Sequence[QuestionFacts],
    transcripts: Mapping[str, Transcript],
    train_answers: Sequence[tuple[str, str]],
) -> dict[str, Definition]:
    """Nothing where a voice is heard in fewer than two videos, or known texts are not told apart."""
    texts: dict[Voice, list[tuple[str, str]]] = {
        "speaker": [piece for one in transcripts.values() for piece in chunks(one)],
        "teacher": [*train_answers, *((one.video_id, one.reference) for one in answered)],
        "base": [(one.video_id, text_of(one.base)) for one in answered],
    }
    if any(len({video for video, _ in pairs}) < 2 for pairs in texts.values()):
        return {}
    voices = Voices({name: _thinned(pairs) for name, pairs in texts.items()})
    right = voices.accuracy()
    if right < LEAST:
        return {}
    return {
        f"voice_{name}": Definition(
            title=_TITLES[name],
            unit="share",
            better="higher" if name == "speaker" else "reference",
            columns=lambda one, arm, name=name: (
                float(voices.judge(one.video_id, text_of(arm)) == name),
                1.0,
            ),
            baseline=1 / len(VOICES),
            baseline_is=f"a guess; of known texts {percent(right)} are told rightly",
            reference=fmean(
                float(voices.judge(one.video_id, one.reference) == name) for one in answered
            ),
        )
        for name in VOICES
    }


def _thinned(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    ordered = sorted(pairs)
    return [ordered[place] for place in evenly([video for video, _ in ordered], MOST)]
