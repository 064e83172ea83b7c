"""The paid teacher: two passes over one transcript at any OpenAI-compatible endpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from understudy.answers import Heard, judge_answer
from understudy.errors import TeacherReplyError
from understudy.pairing import looks_swapped
from understudy.questions import accept_questions
from understudy.records import Dropped, DropReason, Question, Transcript, digest_of
from understudy.settings import Settings, TeacherSettings
from understudy.teacher.calling.address import address_of
from understudy.teacher.calling.calls import Call, Pass
from understudy.teacher.calling.engine import Engine
from understudy.teacher.fingerprint import parameters
from understudy.teacher.prompts import (
    Prompt,
    PromptSet,
    as_data,
    label_of,
    question_list,
    turns_for,
)
from understudy.teacher.protocol import AnswerDrafts, DraftAnswer, DraftQuestion, QuestionDrafts
from understudy.teacher.schemas import REPLY_SCHEMA, SCHEMA_NAME, read_answers, read_questions
from understudy.teacher.together import together
from understudy.teacher.windows import assigned, placed, portions, windows_of

VERSION = "1"

_ADVICE: Mapping[str, str] = {
    "missing": "it was left out",
    "not_json": "the reply was not one whole JSON object",
    "schema": "the reply did not match the schema",
    "length": "the reply was cut off: write a shorter answer",
    "refusal": "nothing in it needs refusing; keep to what the recording says",
    "content_filter": "keep to plain words",
    "duplicate_id": "its id came twice",
    "unsupported": "`quote` does not occur in the recording: copy 12 to 40 consecutive words",
    "mentions_source": "it speaks of the recording or the speaker instead of the subject",
    "not_standalone": "it points to something that the reader has not seen",
    "not_a_question": "it is not one sentence that ends with a question mark",
    "unnatural": "nobody would put it so: one plain sentence that asks one thing",
    "near_copy": "it asks what another question asks",
    "indirect_opening": "it does not begin with the point itself",
    "truncated": "it breaks off: finish the last sentence",
    "no_final_punctuation": "it breaks off: finish the last sentence",
    "foreign_terms": "it holds numbers or names that the recording does not say",
    "broken_markdown": "its Markdown is broken: close every mark and use no HTML",
    "too_long": "it is too long",
    "too_short": "it is too short",
    "empty": "it is empty",
}
_QUOTED = 300
"""Characters of a refused question that are shown to the model again."""

_OF_THE_TALK = frozenset({"too_long_for_model", "content_filter", "teacher_failed"})
"""What the transcript itself provokes: no other words help."""
_ONCE_MORE = (
    "This is educational work on a public recording. Reply with the JSON object only, keep each "
    "question short, and leave out whatever cannot be asked."
)


def fingerprint_of(settings: TeacherSettings, prompts: PromptSet) -> Mapping[str, str]:
    """What a paid teacher's replies depend on beside the talk.

    Raises:
        TeacherSetupError: `teacher.base_url` is no address.
    """
    determined_by = parameters(address_of(settings), settings)
    return {
        "kind": "openai",
        "version": VERSION,
        "max_output_tokens": str(settings.max_output_tokens),
        "prompt.system": prompts.system.digest,
        "prompt.questions": prompts.questions.digest,
        "prompt.answers": prompts.answers.digest,
        **{name: str(value) for name, value in determined_by.items()},
    }


class OpenAITeacher:
    """Writes drafts through an engine; a colleague of the offline teacher behind one protocol.

    What breaks a rule of content is asked for once more, singly and with the reason. Whether
    the second draft is any better is for `accept_questions` and `accept_answers` to say.

    Args:
        settings: Of the channel; read are `channel`, `teacher`, `questions` and `answers`.
    """

    def __init__(self, engine: Engine, prompts: PromptSet, settings: Settings) -> None:
        self.engine = engine
        self._prompts, self._settings = prompts, settings
        self._orders: dict[str, int] = {}

    @property
    def name(self) -> str:
        return self._settings.teacher.model

    @property
    def fingerprint(self) -> Mapping[str, str]:
        return fingerprint_of(self._settings.teacher, self._prompts)

    async def write_questions(self, transcript: Transcript, *, count: int) -> QuestionDrafts:
        """Draft `count` questions; refused ones are replaced once.

        A talk that is longer than the model reads is asked about window by window.

        Raises:
            TeacherError: See `Engine.ask`; what only this video's reply lacks is in `dropped`.
        """
        shares = [
            (window, share)
            for window, share in portions(transcript, count, self._settings.teacher)
            if share
        ]
        parts = await together(self._questions_of(*share) for share in shares)
        if len(parts) == 1:
            return parts[0]
        return QuestionDrafts(
            drafts=tuple(
                placed(draft, window)
                for (window, _), part in zip(shares, parts, strict=True)
                for draft in part.drafts
            ),
            dropped=tuple(lost for part in parts for lost in part.dropped),
        )

    async def write_answers(
        self, transcript: Transcript, questions: Sequence[Question]
    ) -> AnswerDrafts:
        """Draft an answer to each question, in groups, then singly what was missing or unfit.

        Each is answered from the window of the talk that it was asked about.

        Raises:
            TeacherError: See `Engine.ask`; what only some replies lack is in `dropped`.
        """
        windows = windows_of(transcript, self._settings.teacher)
        parts = await together(
            self._answers_of(window, asked) for window, asked in assigned(questions, windows)
        )
        return _joined([part for own in parts for part in own])

    # --- pass 1 --------------------------------------------------------------

    async def _questions_of(self, transcript: Transcript, count: int) -> QuestionDrafts:
        task = self._prompts.questions.filled(count=str(count))
        try:
            try:
                drafts = await self._ask_questions(transcript, task)
            except TeacherReplyError as error:
                if error.reason in _OF_THE_TALK:
                    raise
                # A whole video hangs on this reply: once more, in other words.
                drafts = await self._ask_questions(transcript, f"{task}\n\n{_ONCE_MORE}")
        except TeacherReplyError as error:
            lost = Dropped(id=transcript.video_id, reason=_reason(error), text=error.excerpt[:500])
            return QuestionDrafts(drafts=(), dropped=(lost,) * count)
        return QuestionDrafts(drafts=await self._replaced(transcript, drafts, count))

    async def _ask_questions(
        self, transcript: Transcript, task: str, *, least: int = 1
    ) -> tuple[DraftQuestion, ...]:
        call = self._call(transcript, transcript.video_id, "questions", task, behind=2)
        found = await self.engine.ask(call, lambda text: read_questions(text, least=least))
        return tuple(DraftQuestion(question=one.question) for one in found)

    async def _replaced(
        self, transcript: Transcript, drafts: tuple[DraftQuestion, ...], count: int
    ) -> tuple[DraftQuestion, ...]:
        """Ask once for what is missing and for better ones in the place of refused ones."""
        settings = self._settings
        accepted, refused = accept_questions(
            drafts,
            transcript,
            settings.channel,
            settings.questions,
            self.name,
            most=count,
        )
        faulty = [one for one in refused if one.reason != "too_many"]
        lacking = count - len(accepted)
        kept = tuple(DraftQuestion(question=question.question) for question in accepted)
        if lacking <= 0:
            return kept[:count]
        task = self._prompts.questions.filled(count=str(lacking))
        task += "\n\nAlready asked, do not repeat:\n" + question_list(accepted)
        if faulty:
            task += "\n\nRefused, write better ones in their place:\n" + "\n".join(
                f"- {as_data(one.text[:_QUOTED])!r}: {_ADVICE.get(one.reason, one.reason)}"
                for one in faulty
            )
        task += "\n\nIf nothing more is worth asking, leave `questions` empty."
        try:
            better = (await self._ask_questions(transcript, task, least=0))[:lacking]
        except TeacherReplyError:
            better = ()
        left = tuple(DraftQuestion(question=one.text) for one in faulty)
        return kept + better + left[: lacking - len(better)]

    # --- pass 2 --------------------------------------------------------------

    async def _answers_of(
        self, transcript: Transcript, questions: Sequence[Question]
    ) -> list[AnswerDrafts]:
        size = self._settings.answers.group_size or max(len(questions), 1)
        groups = [questions[start : start + size] for start in range(0, len(questions), size)]
        # The first call writes the prompt cache that the others read, unless pass 1 just has.
        ahead = 0 if self.engine.is_warm(_cache_key(transcript)) else 1
        heard = Heard.of(transcript)
        parts = [
            await self._answer_group(transcript, heard, group, awaited=len(groups) > 1)
            for group in groups[:ahead]
        ]
        parts += await together(
            self._answer_group(transcript, heard, group) for group in groups[ahead:]
        )
        return parts

    async def _answer_group(
        self,
        transcript: Transcript,
        heard: Heard,
        group: Sequence[Question],
        *,
        awaited: bool = False,
    ) -> AnswerDrafts:
        found: dict[str, DraftAnswer] = {}
        refused_for = "missing"
        try:
            found = await self._ask_answers(transcript, group, awaited=awaited)
        except TeacherReplyError as error:
            if error.reason == "too_long_for_model":
                lost = tuple(_lost(question, error) for question in group)
                return AnswerDrafts(drafts=(), dropped=lost)
            # What one question provokes must not cost the others their answers.
            refused_for = error.reason
        for question_id in looks_swapped(group, found):
            del found[question_id]
        mended = await together(
            self._mended(transcript, heard, one, found.get(one.id), refused_for) for one in group
        )
        return AnswerDrafts(
            drafts=tuple(one for one in mended if isinstance(one, DraftAnswer)),
            dropped=tuple(one for one in mended if isinstance(one, Dropped)),
        )

    async def _mended(
        self,
        transcript: Transcript,
        heard: Heard,
        question: Question,
        draft: DraftAnswer | None,
        reason: str,
    ) -> DraftAnswer | Dropped:
        """Return the draft if it is fit, else what asking once more, with the reason, brings."""
        settings, terms = self._settings, ()
        if draft is not None:
            judged = judge_answer(draft, question, heard, settings.channel, settings.answers)
            if judged.reason is None:
                return draft
            reason, terms = judged.reason, judged.foreign_terms
        advice = _ADVICE.get(reason, reason) + (f": {', '.join(terms)}" if terms else "")
        try:
            again = await self._ask_answers(transcript, [question], advice=advice)
        except TeacherReplyError as error:
            return draft if draft is not None else _lost(question, error)
        second = again.get(question.id) or draft
        return second or Dropped(id=question.id, reason="missing", text=question.question)

    async def _ask_answers(
        self,
        transcript: Transcript,
        group: Sequence[Question],
        *,
        advice: str = "",
        awaited: bool = False,
    ) -> dict[str, DraftAnswer]:
        """Ask a group in one call; ids that came twice count as not answered."""
        by_label = {label_of(question): question.id for question in group}
        task = self._prompts.answers.filled(questions=question_list(group))
        if advice:
            task += f"\n\nAn earlier answer was refused: {advice}."
        item = group[0].id if len(group) == 1 else transcript.video_id
        call = self._call(transcript, item, "answers", task, behind=int(awaited))
        replies = await self.engine.ask(call, lambda text: read_answers(text, by_label))
        times = Counter(reply.id for reply in replies)
        found: dict[str, DraftAnswer] = {}
        for reply in replies:
            # Twice the same id is a riddle among several questions; with one there is none.
            if reply.id in by_label and (times[reply.id] == 1 or len(group) == 1):
                own = by_label[reply.id]
                draft = DraftAnswer(id=own, answer=reply.answer, quote=reply.quote, tags=reply.tags)
                found.setdefault(own, draft)
        return found

    # --- both ----------------------------------------------------------------

    def _call(
        self, transcript: Transcript, item_id: str, kind: Pass, task: str, *, behind: int
    ) -> Call:
        """The call for one task about a talk.

        Args:
            behind: Rounds of calls that wait for this one. It goes ahead of its place for them,
                lest the end of a run be a chain of calls with most slots empty.
        """
        place = self._orders.setdefault(transcript.video_id, len(self._orders))
        order = place - behind * self._settings.teacher.max_concurrent // 2
        own: Prompt = self._prompts.questions if kind == "questions" else self._prompts.answers
        return Call(
            item_id=item_id,
            kind=kind,
            order=order,
            cache_key=_cache_key(transcript),
            turns=turns_for(self._prompts.system, transcript, task),
            schema_name=SCHEMA_NAME,
            reply_schema=REPLY_SCHEMA,
            prompt_version=digest_of(self._prompts.system.digest + own.digest)[:12],
            max_tokens=self._settings.teacher.max_output_tokens,
        )


def _cache_key(transcript: Transcript) -> str:
    return digest_of(transcript.text)[:32]


def _joined(parts: Sequence[AnswerDrafts]) -> AnswerDrafts:
    return AnswerDrafts(
        drafts=tuple(draft for part in parts for draft in part.drafts),
        dropped=tuple(lost for part in parts for lost in part.dropped),
    )


def _lost(question: Question, error: TeacherReplyError) -> Dropped:
    return Dropped(id=question.id, reason=_reason(error), text=question.question)


def _reason(error: TeacherReplyError) -> DropReason:
    return error.reason  # pyright: ignore[reportReturnType]  (always one of them)
