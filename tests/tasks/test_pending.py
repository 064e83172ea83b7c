"""What a quote takes for open is what the tasks would ask."""

from __future__ import annotations

import pytest
from prefect.logging import disable_run_logger

from tasks.answers import write_answers
from tasks.questions import write_questions
from tests.support.teachers import bench, make_settings, make_transcript
from understudy.artifacts import write_json, write_jsonl
from understudy.records import Video
from understudy.teacher.opening import pending_for, quote_for

pytestmark = pytest.mark.anyio
TALKS = ("talk01", "talk02", "talk03")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def half_done(one):
    """The first talk has both passes behind it, the second one, the third none."""
    videos = [Video(video_id=v, title=v, origin="folder", status="transcribed") for v in TALKS]
    silent = Video(video_id="silent", title="no words", origin="folder", status="unavailable")
    write_jsonl(one.workspace.videos, [silent, *videos])
    shared = {"teacher": one.teacher, "channel": one.settings.channel}
    for number, video in enumerate(TALKS):
        write_json(one.workspace.transcript(video), make_transcript(video))
        with disable_run_logger():
            if number < 2:
                await write_questions.fn(
                    one.workspace, video, settings=one.settings.questions, **shared
                )
            if number < 1:
                await write_answers.fn(
                    one.workspace, video, settings=one.settings.answers, **shared
                )


async def test_each_talk_is_open_for_what_it_lacks(tmp_path):
    async with bench(tmp_path) as one:
        await half_done(one)

        left = pending_for(one.settings, one.workspace)

    assert [talk.video_id for talk in left.unasked] == ["talk03"]
    assert [(talk.video_id, count) for talk, count in left.asked] == [("talk02", 12)]
    assert (left.done, left.talks) == (1, 3)


async def test_another_model_opens_everything_and_another_answer_prompt_the_answers(tmp_path):
    async with bench(tmp_path) as one:
        await half_done(one)
        address = one.server.address
        model = make_settings(address, {"teacher": {"model": "gpt-6.1-terra"}})
        prompt = (tmp_path / "config" / "prompts" / "answers.md").read_text(encoding="utf-8")
        (tmp_path / "mine.md").write_text(f"{prompt}\nBe brief.\n", encoding="utf-8")
        answers = make_settings(address, {"answers": {"prompt": "mine.md"}})

        other_model = pending_for(model, one.workspace)
        other_prompt = pending_for(answers, one.workspace)

    assert len(other_model.unasked) == 3
    assert len(other_prompt.unasked) == 1
    assert [talk.video_id for talk, _ in other_prompt.asked] == ["talk01", "talk02"]


async def test_open_answers_are_quoted_without_a_cache_that_the_first_pass_filled(tmp_path):
    async with bench(tmp_path) as one:
        await half_done(one)
        left = pending_for(one.settings, one.workspace)

        offer = quote_for(one.settings, one.workspace, (), left.asked)

    assert [part.calls for part in offer.passes] == [0, 1]
    assert offer.questions == 12
    assert offer.usage.cached == 0
