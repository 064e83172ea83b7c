"""The recipes of the two passes over one talk, and which talks still need which.

A quote has to know what a run will reuse, so the recipes stand here and not in
the tasks that make the documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from understudy import answers, questions
from understudy.artifacts import canonical_json
from understudy.manifests import Document, Recipe, fresh_document, recipe
from understudy.records import Answer, Question, Transcript, digest_of
from understudy.settings import AnswerSettings, ChannelSettings, QuestionSettings, Settings
from understudy.teacher.fingerprint import without
from understudy.transcripts import read_transcript
from understudy.videos import VideoLedger
from understudy.workspace import Workspace

Questions = Document[Question]
Answers = Document[Answer]


@dataclass(frozen=True)
class Pending:
    """What a run would still ask the teacher."""

    unasked: tuple[Transcript, ...]
    """Need both passes."""
    asked: tuple[tuple[Transcript, int], ...]
    """Have their questions, so many, and need answers."""
    done: int
    """Talks that need no call."""

    @property
    def talks(self) -> int:
        return len(self.unasked) + len(self.asked) + self.done


def questions_recipe(
    transcript: Transcript,
    fingerprint: Mapping[str, str],
    *,
    channel: ChannelSettings,
    settings: QuestionSettings,
) -> Recipe:
    """What determines the questions about one talk.

    Args:
        fingerprint: The teacher's.
    """
    return recipe(
        "questions",
        questions.VERSION,
        inputs={"transcript": transcript.digest, **without(fingerprint, "answers")},
        settings={"channel": channel, "questions": settings},
    )


def answers_recipe(
    transcript: Transcript,
    asked: Sequence[Question],
    fingerprint: Mapping[str, str],
    *,
    channel: ChannelSettings,
    settings: AnswerSettings,
) -> Recipe:
    """What determines the answers to one talk's questions.

    Args:
        fingerprint: The teacher's.
    """
    text = canonical_json([question.model_dump() for question in asked])
    return recipe(
        "answers",
        answers.VERSION,
        inputs={
            "transcript": transcript.digest,
            "questions": digest_of(text),
            **without(fingerprint, "questions"),
        },
        settings={"channel": channel, "answers": settings},
    )


def transcripts_in(workspace: Workspace) -> list[Transcript]:
    """Read every transcript of a channel, in the order of `videos.jsonl`.

    Raises:
        DataError: The list or a transcript cannot be read.
    """
    return [
        read_transcript(workspace.transcript(video.video_id))
        for video in VideoLedger.open(workspace.videos).videos
        if video.status == "transcribed"
    ]


def pending(
    transcripts: Iterable[Transcript],
    workspace: Workspace,
    settings: Settings,
    fingerprint: Mapping[str, str],
) -> Pending:
    """Sort talks by what they still need from a teacher with this fingerprint."""
    unasked: list[Transcript] = []
    asked: list[tuple[Transcript, int]] = []
    done = 0
    for one in transcripts:
        ready = fresh_document(
            workspace.questions(one.video_id),
            Questions,
            questions_recipe(
                one, fingerprint, channel=settings.channel, settings=settings.questions
            ),
        )
        if ready is None:
            unasked.append(one)
        elif ready.items and not _answered(one, ready.items, workspace, settings, fingerprint):
            asked.append((one, len(ready.items)))
        else:
            done += 1
    return Pending(tuple(unasked), tuple(asked), done)


def _answered(
    transcript: Transcript,
    asked: Sequence[Question],
    workspace: Workspace,
    settings: Settings,
    fingerprint: Mapping[str, str],
) -> bool:
    made_by = answers_recipe(
        transcript, asked, fingerprint, channel=settings.channel, settings=settings.answers
    )
    return fresh_document(workspace.answers(transcript.video_id), Answers, made_by) is not None
