"""Is the endpoint there, does it know the model, and for how much longer?"""

from __future__ import annotations

import time
from datetime import date

from openai import APIStatusError, OpenAIError

from understudy.records import Record
from understudy.settings import TeacherSettings
from understudy.teacher.calling.address import address_of
from understudy.teacher.calling.causes import diagnose
from understudy.teacher.calling.client import open_client
from understudy.teacher.calling.failures import Endpoint
from understudy.teacher.money.lifetime import Lifetime


class Checkup(Record):
    """What one look at the endpoint found."""

    well: bool
    """False: the first call would fail."""
    sentence: str
    shutdown: date | None = None
    """The day on which the provider takes the model away, where it has said so."""


async def check_endpoint(settings: TeacherSettings, *, today: date) -> Checkup:
    """Ask the endpoint for its models. Costs nothing and generates nothing.

    Raises:
        TeacherSetupError: No key, or no address.
    """
    client = open_client(settings)
    endpoint = Endpoint(address_of(settings), settings.model, settings.api_key_env)
    silent = f"{endpoint.address} answers but lists no models"
    try:
        listed = [model async for model in client.models.list()]
    except ValueError:
        listed = []  # mlx_lm.server breaks its list off where it has downloaded nothing
    except APIStatusError as error:
        if error.status_code == 404:
            return Checkup(well=True, sentence=silent)
        return Checkup(well=False, sentence=diagnose(error, endpoint, now=time.time()).sentence)
    except (OpenAIError, OSError) as error:
        return Checkup(well=False, sentence=diagnose(error, endpoint, now=time.time()).sentence)
    finally:
        await client.close()
    known = {model.id: model.shutdown_date for model in listed}
    if not known:
        return Checkup(well=True, sentence=silent)
    if settings.model not in known:
        names = ", ".join(sorted(known)[:5])
        return Checkup(
            well=False,
            sentence=f"{endpoint.address} does not list {settings.model!r}; it has {names}",
        )
    return _lifetime(settings.model, known[settings.model], today)


def _lifetime(model: str, text: str | None, today: date) -> Checkup:
    try:
        day = date.fromisoformat(text[:10]) if text else None
    except ValueError:
        day = None
    if day is None:
        return Checkup(well=True, sentence=f"{model} is there")
    life = Lifetime(model, day, today)
    if life.over:
        return Checkup(well=False, sentence=f"{life.sentence}: {life.advice}", shutdown=day)
    hurry = ": plan for its successor" if life.soon else ""
    return Checkup(well=True, sentence=f"{life.sentence}{hurry}", shutdown=day)
