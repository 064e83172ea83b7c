"""The bill of both passes against asking each question with its own transcript.

Real transcripts (shared/data/channel) where they are at hand, invented ones
otherwise. Tokens are the local server's count, with its prefix cache of
128-token steps from 1,024 on, at gpt-5-mini's prices. The quote is taken after a
tenth of the talks, as a person would before letting the rest run.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from frame import ROOT, report

from tests.support.openai_server import Behaviour, serve
from tests.support.prefix_cache import tokens_of
from tests.support.teacher_run import both_passes
from tests.support.teachers import Bench, make_transcript, teaching
from understudy.questions import planned_count
from understudy.records import Question, Segment, Transcript
from understudy.teacher.calling.calls import Usage
from understudy.teacher.opening import prompts_of, quote_for
from understudy.teacher.prompts import question_list, turns_for

CHANNEL = ROOT.parent / "shared" / "data" / "channel"
QUESTIONS = {"minimum": 5, "maximum": 15, "words_per_question": 120}


def talks() -> list[Transcript]:
    """The real channel, or talks of about the same length."""
    if not CHANNEL.exists():
        return [make_transcript(f"talk{n:02d}", words=1200) for n in range(24)]
    raw = [json.loads(path.read_text()) for path in sorted(CHANNEL.glob("*.json"))]
    return [
        Transcript(
            video_id=one["video_id"],
            title=one["title"],
            language="en",
            origin="local",
            timing="estimated",
            duration_s=one["duration_s"] or 600,
            segments=(Segment(start=0, end=one["duration_s"] or 600, text=one["text"]),),
        )
        for one in raw
        if one["text"].strip()
    ]


async def ask(one: Bench, chosen: list[Transcript]) -> None:
    """Both passes over these talks."""
    counts = [planned_count(talk, one.settings.questions) for talk in chosen]
    await asyncio.gather(
        *(
            both_passes(one.teacher, one.settings, talk, count)
            for talk, count in zip(chosen, counts, strict=True)
        )
    )


def naive(one: Bench, chosen: list[Transcript], completion: int) -> Usage:
    """Each question in a call of its own, nothing cached, and the same words in return."""
    prompts, prompt = prompts_of(one.settings, one.workspace), 0
    for talk in chosen:
        question = Question(
            id=f"{talk.video_id}:q01", video_id=talk.video_id, question="x " * 40, generator="x"
        )
        task = prompts.answers.filled(questions=question_list([question]))
        messages: list[dict[str, Any]] = [
            {"role": turn.role, "content": turn.content}
            for turn in turns_for(prompts.system, talk, task)
        ]
        count = planned_count(talk, one.settings.questions)
        prompt += count * len(tokens_of(messages))
    return Usage(prompt=prompt, completion=completion)


async def measure() -> dict[str, Any]:
    """One run over all talks."""
    server, runner = await serve(Behaviour())
    chosen = talks()
    some = max(len(chosen) // 10, 1)
    with tempfile.TemporaryDirectory() as folder:
        async with teaching(Path(folder), server, questions=QUESTIONS) as one:
            await ask(one, chosen[:some])
            before = one.teacher.engine.counts.usage
            expected = quote_for(one.settings, one.workspace, chosen[some:])
            await ask(one, chosen[some:])
            billed, price = one.teacher.engine.counts.usage, one.teacher.engine.meter.price
            alone = naive(one, chosen, billed.completion)
    await runner.cleanup()
    assert price is not None
    rest = billed.prompt - before.prompt
    only_input = {"completion": 0, "reasoning": 0}
    return {
        "bill_share_of_naive": round(price.cost(billed) / price.cost(alone), 4),
        "input_share_of_naive": round(
            price.cost(billed.model_copy(update=only_input))
            / price.cost(alone.model_copy(update=only_input)),
            4,
        ),
        "quote_error": round(abs(expected.usage.prompt - rest) / rest, 4),
        "cached_share": round(billed.cached / billed.prompt, 4),
        "videos": len(chosen),
        "questions": sum(planned_count(talk, one.settings.questions) for talk in chosen),
    }


def main() -> None:
    report("teacher-bill", asyncio.run(measure()))


if __name__ == "__main__":
    main()
