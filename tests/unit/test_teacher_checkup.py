"""One look at the endpoint before anything is paid."""

from __future__ import annotations

from datetime import date

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.openai_server import Behaviour, serve
from tests.support.teachers import make_settings
from understudy.teacher.calling.checkup import check_endpoint

pytestmark = pytest.mark.anyio


async def look(model: str, today: date, *, up: bool = True):
    server, runner = await serve(Behaviour())
    settings = make_settings(server.address, {"teacher": {"model": model}}).teacher
    if not up:
        await runner.cleanup()
    found = await check_endpoint(settings, today=today)
    await runner.cleanup()
    return found


@pytest.mark.parametrize(
    ("model", "today", "well", "sentence"),
    [
        ("gpt-6.1-terra", date(2026, 11, 22), True, "gpt-6.1-terra is there"),
        ("gpt-5-mini", date(2026, 11, 22), True, "shuts down on 2026-12-11, in 19 days: plan for"),
        ("gpt-5-mini", date(2026, 12, 24), False, "was shut down on 2026-12-11"),
        ("gpt-9", date(2026, 11, 22), False, "does not list 'gpt-9'; it has gpt-5-mini, gpt-6.1"),
    ],
)
async def test_the_model_and_its_days_are_named(model, today, well, sentence):
    found = await look(model, today)

    assert found.well is well
    assert sentence in found.sentence


async def test_nobody_there_is_said():
    found = await look("gpt-5-mini", date(2026, 11, 22), up=False)

    assert not found.well
    assert "cannot be reached" in found.sentence


@pytest.mark.parametrize("body", ["", '{"object": "list", "data": []}'])
async def test_a_server_that_lists_nothing_is_well(body):
    async def models(_):
        return web.Response(text=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/v1/models", models)
    async with TestServer(app) as server:
        settings = make_settings(str(server.make_url("/v1"))).teacher
        found = await check_endpoint(settings, today=date(2026, 11, 22))

    assert found.well
    assert "answers but lists no models" in found.sentence
